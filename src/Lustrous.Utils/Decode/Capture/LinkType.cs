namespace Lustrous.Utils.Decode.Capture;

/// <summary>What a recorded frame begins with (the <c>LINKTYPE_</c> numbers of pcap).</summary>
public enum LinkType
{
    /// <summary>4 bytes of address family in the recording host's byte order.</summary>
    Null = 0,
    Ethernet = 1,
    /// <summary>An IP header, as some systems number it inside the kernel.</summary>
    RawKernel = 12,
    Raw = 101,
    /// <summary>As Null, in network order.</summary>
    Loop = 108,
    LinuxCooked = 113,
    IPv4 = 228,
    IPv6 = 229,
    LinuxCooked2 = 276,
}
