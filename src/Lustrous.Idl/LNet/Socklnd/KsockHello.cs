using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet.Socklnd;

/// <summary>HELLO of protocol 4, with 20-byte NIDs (<c>struct ksock_hello_msg</c>).</summary>
[WireStruct("ksock_hello_msg", size: 80, Prefix = "kshm_")]
[WireTail("kshm_ips", typeof(uint))]
public partial record struct KsockHelloMsg
{
    public uint Magic;                  // LNetProtocol.MAGIC
    public uint Version;
    [WireName("kshm_src_nid")] public Nid SourceNid;
    [WireName("kshm_dst_nid")] public Nid DestinationNid;
    [WireName("kshm_src_pid")] public uint SourcePid;
    [WireName("kshm_dst_pid")] public uint DestinationPid;
    [WireName("kshm_src_incarnation")] public ulong SourceIncarnation;  // start time of the sender
    [WireName("kshm_dst_incarnation")] public ulong DestinationIncarnation; // of the receiver, as the sender knows it
    [WireName("kshm_ctype")] public SocklndConnectionType ConnectionType;
    [WireName("kshm_nips")] public uint IpCount;    // deprecated; 4-byte addresses follow
}

/// <summary>HELLO of protocols 2 and 3, with 8-byte NIDs (<c>struct ksock_hello_msg_nid4</c>).</summary>
[WireStruct("ksock_hello_msg_nid4", size: 56, Prefix = "kshm_")]
[WireTail("kshm_ips", typeof(uint))]
public partial record struct KsockHelloMsgNid4
{
    public uint Magic;                  // LNetProtocol.MAGIC
    public uint Version;
    [WireName("kshm_src_nid")] public Nid4 SourceNid;
    [WireName("kshm_dst_nid")] public Nid4 DestinationNid;
    [WireName("kshm_src_pid")] public uint SourcePid;
    [WireName("kshm_dst_pid")] public uint DestinationPid;
    [WireName("kshm_src_incarnation")] public ulong SourceIncarnation;  // start time of the sender
    [WireName("kshm_dst_incarnation")] public ulong DestinationIncarnation; // of the receiver, as the sender knows it
    [WireName("kshm_ctype")] public SocklndConnectionType ConnectionType;
    [WireName("kshm_nips")] public uint IpCount;    // deprecated; 4-byte addresses follow
}
