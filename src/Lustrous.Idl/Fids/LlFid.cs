using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>An inode as Lustre 1.x named it; only in old llog records (<c>struct ll_fid</c>).</summary>
[WireStruct("ll_fid", size: 16)]
public partial record struct LlFid
{
    public ulong Id;
    public uint Generation;
    [WireName("f_type")] public uint Type;
}
