namespace Lustrous.Clients.Lov;

/// <summary>What the objects of a file know of it, merged over the stripes.</summary>
/// <remarks>Times in seconds and nanoseconds since 1970; the caller takes the newer of these and the MDT's. Source:
/// lov_merge_lvb_kms, lustre/lov/lov_merge.c.</remarks>
public readonly record struct LovAttributes
{
    /// <summary>Bytes.</summary>
    public ulong Size { get; init; }

    /// <summary>Of 512 bytes.</summary>
    public ulong Blocks { get; init; }

    public long Mtime { get; init; }

    public long Atime { get; init; }

    public long Ctime { get; init; }

    public uint MtimeNs { get; init; }

    public uint AtimeNs { get; init; }

    public uint CtimeNs { get; init; }

    /// <summary>Locks are held under which nobody else can change size and times: they may be cached until
    /// <see cref="ILovObjectOwner.AttributesChanged"/>.</summary>
    public bool IsLocked { get; init; }
}
