using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Update;

/// <summary>One operation on one object of another MDT's or OST's store; its parameters follow
/// (<c>struct object_update</c>).</summary>
[WireStruct("object_update", size: 40, Prefix = "ou_")]
[WireTail("ou_params", typeof(ObjectUpdateParam))]
public partial record struct ObjectUpdate
{
    public UpdateType Type;
    [WireName("ou_params_count")] public ushort ParamCount;
    public uint ResultSize;             // bytes of the answer, at most
    public uint Flags;
    public uint Padding1;
    public ulong Batchid;
    public Fid Fid;
}

/// <summary>One parameter of an update; its bytes follow (<c>struct object_update_param</c>).</summary>
[WireStruct("object_update_param", size: 8, Prefix = "oup_")]
[WireTail("oup_buf", typeof(byte))]
public partial record struct ObjectUpdateParam
{
    [WireName("oup_len")] public ushort Length;
    public ushort Padding;
    public uint Padding2;
}
