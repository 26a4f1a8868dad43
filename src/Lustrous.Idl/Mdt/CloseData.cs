using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>What a close does besides: HSM release, layout swap or split, resync done
/// (<c>struct close_data</c>).</summary>
[WireStruct("close_data", size: 96, Prefix = "cd_")]
public partial record struct CloseData
{
    public LustreHandle Handle;
    public Fid Fid;
    public ulong DataVersion;           // of the released or first file
    public CloseDataAction Action;
}

/// <summary>Which mirrors a resync brought up to date (<c>struct close_data_resync_done</c>).</summary>
[WireStruct("close_data_resync_done", size: 64)]
public partial record struct CloseDataResyncDone
{
    public uint ResyncCount;
    public Array15<uint> ResyncIdsInline;   // component ids, when they fit here
}

/// <summary>What a close needs for its action (the union in <c>struct close_data</c>); its bias says which.</summary>
/// <remarks>Reversed as the resync view, the only one of several words (lustre_swab_close_data_resync_done).</remarks>
[WireStruct("close_data_action", size: 64)]
public partial record struct CloseDataAction
{
    public CloseDataResyncDone Resync;

    /// <summary>Split: the mirror to take off.</summary>
    public readonly ushort MirrorId => WireBytes.View<CloseDataAction, ushort>(in this);

    /// <summary>PCC release: where it was archived.</summary>
    public readonly uint ArchiveId => WireBytes.View<CloseDataAction, uint>(in this);

    /// <summary>Layout swap by migration: data version of the second file.</summary>
    public readonly ulong DataVersion2 => WireBytes.View<CloseDataAction, ulong>(in this);
}
