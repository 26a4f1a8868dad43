using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;

namespace Lustrous.Clients.Mdc;

/// <summary>Attributes to set on an MDT, those of <see cref="Valid"/>.</summary>
public readonly record struct MdSetattr
{
    public required Fid Fid { get; init; }

    public required MdCredentials Caller { get; init; }

    public required MdsAttrFlags Valid { get; init; }

    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public ulong Size { get; init; }

    /// <summary>Of 512 bytes.</summary>
    public ulong Blocks { get; init; }

    /// <summary>Seconds, as all times here.</summary>
    public long Atime { get; init; }

    public long Mtime { get; init; }

    public long Ctime { get; init; }

    public uint ProjectId { get; init; }

    public InodeFlags Flags { get; init; }

    public MdsOpBias Bias { get; init; }

    /// <summary>A layout to set along with it (<c>lfs setstripe</c>).</summary>
    public ReadOnlyMemory<byte> Layout { get; init; }
}
