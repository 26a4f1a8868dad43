using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>A subdirectory that a nodemap's clients see as the root
/// (<c>struct nodemap_fileset_header_rec</c>).</summary>
[WireStruct("nodemap_fileset_header_rec", size: 32, Prefix = "nfr_", Opaque = true)]
public partial record struct NodemapFilesetHeaderRec
{
    [WireName("nfhr_flags")] public NodemapFilesetFlags Flags;
    public byte Padding1;
    public ushort Padding2;
    public uint Padding3;
    public ulong Padding4;
    public ulong Padding5;
    public ulong Padding6;
}

/// <summary>A piece of its path (<c>struct nodemap_fileset_rec</c>).</summary>
[WireStruct("nodemap_fileset_rec", size: 32, Prefix = "nfr_", Opaque = true)]
public partial record struct NodemapFilesetRec
{
    public Text28 PathFragment;
    public ushort FragmentId;
    public ushort Padding1;
}
