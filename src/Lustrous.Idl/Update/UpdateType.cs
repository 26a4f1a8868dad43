using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Update;

/// <summary>One step of a transaction between targets.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("OUT_")]
public enum UpdateType : ushort
{
    Create = 1,
    Destroy = 2,
    RefAdd = 3,
    RefDel = 4,
    AttrSet = 5,
    AttrGet = 6,
    XattrSet = 7,
    XattrGet = 8,
    IndexLookup = 9,
    IndexInsert = 10,
    IndexDelete = 11,
    Write = 12,
    XattrDel = 13,
    Punch = 14,
    Read = 15,
    Noop = 16,
    XattrList = 17,
}
