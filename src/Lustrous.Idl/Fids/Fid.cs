using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>Names one object in a file system, for ever: never used again after the object is gone.</summary>
[WireStruct("lu_fid", size: 16, Prefix = "f_", Scalar = true)]
public readonly partial record struct Fid
{
    [WireName("f_seq")] public readonly ulong Sequence;     // the unit in which servers own FIDs (FLD)
    [WireName("f_oid")] public readonly uint ObjectId;      // number within the sequence
    [WireName("f_ver")] public readonly uint Version;       // of the object; always 0 so far

    public Fid(ulong sequence, uint objectId, uint version = 0) =>
        (Sequence, ObjectId, Version) = (sequence, objectId, version);
}
