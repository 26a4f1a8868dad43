using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;
using Lustrous.Target.Grants;
using Lustrous.Target.Recovery;

namespace Lustrous.Target;

/// <summary>What a <see cref="LuTarget"/> keeps with an export (<c>struct tg_export_data</c>); it is the export's
/// <see cref="Export.TargetData"/>.</summary>
public sealed class TargetExport
{
    internal TargetExport(LuTarget target) => Target = target;

    public LuTarget Target { get; }

    /// <summary>The client's line in last_rcvd; null for clients that do not recover.</summary>
    public ClientSlot? Slot { get; internal set; }

    /// <summary>The line was made for this connection, not found from before a restart.</summary>
    internal bool IsSlotNew { get; set; }

    /// <summary>Its part in the target's recovery; null for none.</summary>
    internal RecoveryClient? Recovery { get; set; }

    /// <summary>The lowest transno that it will replay, where it says so.</summary>
    internal ulong FirstReplay { get; set; }

    /// <summary>What it may write; null where the target grants nothing.</summary>
    public GrantClient? Grant { get; internal set; }

    /// <summary>The MDT's or OST's own: open files …</summary>
    public object? Data { get; set; }

    /// <summary>Of an export of a <see cref="LuTarget"/>.</summary>
    public static TargetExport Of(Export export)
    {
        ArgumentNullException.ThrowIfNull(export);
        return (TargetExport)export.TargetData!;
    }
}
