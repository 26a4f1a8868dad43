using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Swaps the layouts of two files, if both still have these data versions
/// (<c>struct mdc_swap_layouts</c>).</summary>
[WireStruct("mdc_swap_layouts", size: 24, Prefix = "msl_")]
public partial record struct MdcSwapLayouts
{
    public SwapLayoutsFlags Flags;
    [WireName("msl_dv1")] public ulong DataVersion1;
    [WireName("msl_dv2")] public ulong DataVersion2;
}

/// <summary>The same as programs ask it of a client (<c>struct lustre_swap_layouts</c>).</summary>
[WireStruct("lustre_swap_layouts", size: 32, Prefix = "sl_")]
public partial record struct LustreSwapLayouts
{
    public SwapLayoutsFlags Flags;
    [WireName("sl_fd")] public uint FileDescriptor; // of the second file
    [WireName("sl_gid")] public uint GroupId;   // of a group lock, 0: none
    [WireName("sl_dv1")] public ulong DataVersion1;
    [WireName("sl_dv2")] public ulong DataVersion2;
}
