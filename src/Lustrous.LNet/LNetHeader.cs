using Lustrous.Idl.LNet;

namespace Lustrous.LNet;

/// <summary>
/// An identifier of a memory descriptor that only its owner understands (<c>struct lnet_handle_wire</c>).
/// </summary>
public readonly record struct WireHandle(ulong InterfaceCookie, ulong ObjectCookie)
{
    /// <summary><c>LNET_WIRE_HANDLE_COOKIE_NONE</c>: no ACK wanted.</summary>
    public static WireHandle None { get; } = new(ulong.MaxValue, ulong.MaxValue);
}

/// <summary>
/// An LNet header in memory, whatever form it has on the wire (<c>struct lnet_hdr</c>). The fields below the line mean
/// what <see cref="Type"/> makes of them.
/// </summary>
public partial struct LNetHeader
{
    public Nid DestinationNid, SourceNid;
    public uint DestinationPid, SourcePid;
    public LNetMessageType Type;
    public uint PayloadLength;          // bytes that follow the header

    // ----
    public WireHandle Handle;           // ACK, REPLY: dst_wmd; PUT: ack_wmd; GET: return_wmd
    public ulong MatchBits;             // ACK, PUT, GET
    public ulong HeaderData;            // PUT: out-of-band data for the target's event
    public uint Portal;                 // PUT, GET
    public uint Offset;                 // PUT: into the target's descriptor; GET: src_offset
    public uint Length;                 // ACK: mlength, bytes taken; GET: sink_length, most bytes wanted
}
