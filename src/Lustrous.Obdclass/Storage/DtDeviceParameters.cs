namespace Lustrous.Obdclass.Storage;

/// <summary>What a device can do (<c>struct dt_device_param</c>); sizes in bytes.</summary>
public sealed record DtDeviceParameters
{
    public int MaxNameLength { get; init; } = 255;

    public uint MaxNlink { get; init; } = 65000;

    public int MaxSymlinkLength { get; init; } = 4096;

    /// <summary>Longest value of an extended attribute.</summary>
    public int MaxXattrSize { get; init; } = 65536;

    /// <summary>Largest object.</summary>
    public ulong MaxBytes { get; init; } = long.MaxValue;

    /// <summary>log2 of the unit in which space is allocated; clients reckon grants in it.</summary>
    public int BlockBits { get; init; } = 12;

    /// <summary>Space that an object takes beside its body; a power of two.</summary>
    public int InodeSpace { get; init; } = 4096;

    /// <summary>Blocks of one extent at most, and what an extent costs beside them: for grants.</summary>
    public int MaxExtentBlocks { get; init; } = 32768;

    public int ExtentTax { get; init; } = 24 * 1024;

    /// <summary>Best size of one bulk.</summary>
    public int BrwSize { get; init; } = 4 << 20;

    public bool SeeksHoles { get; init; } = true;
}
