using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Head of every ptlrpc message; the length of each buffer follows, then the buffers, each padded to 8 bytes
/// (<c>struct lustre_msg_v2</c>).</summary>
[WireStruct("lustre_msg_v2", size: 32, Prefix = "lm_")]
[WireTail("lm_buflens", typeof(uint))]
public partial record struct LustreMsgV2
{
    [WireName("lm_bufcount")] public uint BufferCount;
    [WireName("lm_secflvr")] public uint SecurityFlavor;
    public LustreMsgMagic Magic;        // swapped: the sender has the other byte order
    [WireName("lm_repsize")] public uint ReplySize; // bytes the sender has room for in early replies
    [WireName("lm_cksum")] public uint Checksum;    // of the ptlrpc_body, in early replies
    public LustreMsgHeaderFlags Flags;
    [WireName("lm_opc")] public uint Opcode;
    public uint Padding3;
}
