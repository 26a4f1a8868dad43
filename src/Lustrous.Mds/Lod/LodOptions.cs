namespace Lustrous.Mds.Lod;

/// <summary>What the layouts of an MDT follow.</summary>
public sealed record LodOptions
{
    /// <summary><c>lustre</c></summary>
    public required string FileSystemName { get; init; }

    public uint MdtIndex { get; init; }

    /// <summary>Stripes of a file that asks for none (<c>lov.stripecount</c>).</summary>
    public ushort StripeCount { get; init; } = 1;

    /// <summary>Bytes of a stripe (<c>lov.stripesize</c>).</summary>
    public uint StripeSize { get; init; } = 1 << 20;

    /// <summary>Difference of free space, in percent, above which fuller OSTs get fewer files
    /// (<c>qos_threshold_rr</c>).</summary>
    public int QosThresholdPercent { get; init; } = 17;

    /// <summary>How much free space counts against an even spread, in percent (<c>qos_prio_free</c>).</summary>
    public int QosPriorityFreePercent { get; init; } = 91;

    /// <summary>OSTs with less free space than this are not used, MiB (<c>reserved_mb_low</c>); 0: 0.1 % of the
    /// OST.</summary>
    public int ReservedMiB { get; init; }
}
