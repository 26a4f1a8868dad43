using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>Reply to an LNet ping, and what discovery pushes: the node's NIs; the first is loopback
/// (<c>struct lnet_ping_info</c>).</summary>
[WireStruct("lnet_ping_info", size: 16, Prefix = "pi_")]
[WireTail("pi_ni", typeof(LNetNiStatus))]
public partial record struct LNetPingInfo
{
    public uint Magic;                  // LNetProtocol.PING_MAGIC; reversed by a peer of the other byte order
    public PingFeatures Features;
    public uint Pid;
    [WireName("pi_nnis")] public uint NiCount;  // entries with 8-byte NIDs
}
