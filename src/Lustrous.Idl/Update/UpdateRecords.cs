using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Update;

/// <summary>A distributed transaction as every MDT in it logs it; operations follow, then parameters
/// (<c>struct update_records</c>).</summary>
[WireStruct("update_records", size: 32, Prefix = "ur_")]
[WireTail("uops_op", typeof(UpdateOp))]
[WireTail("up_params", typeof(ObjectUpdateParam))]
public partial record struct UpdateRecords
{
    public ulong MasterTransno;
    [WireName("ur_batchid")] public ulong BatchId;
    public UpdateRecordFlags Flags;
    public uint Index;                  // of the part, when one record does not hold it
    public uint UpdateCount;
    public uint ParamCount;
}

/// <summary>One operation of a distributed transaction's record (<c>struct update_op</c>).</summary>
[WireStruct("update_op", size: 20, Prefix = "uop_")]
[WireTail("uop_params_off", typeof(ushort))]
public partial record struct UpdateOp
{
    public Fid Fid;
    public UpdateType Type;
    public ushort ParamCount;
}
