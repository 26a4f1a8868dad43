using Lustrous.Idl.Fids;
using Lustrous.Mds.Lod;

namespace Lustrous.Mds.Mdd;

/// <summary>What to make (<c>struct md_op_spec</c>).</summary>
public readonly record struct MddCreate
{
    /// <summary>Chosen by the client out of a sequence that it owns.</summary>
    public required Fid Fid { get; init; }

    /// <summary>Type and permissions, before the umask.</summary>
    public required uint Mode { get; init; }

    /// <summary>Seconds since 1970 by the client's clock.</summary>
    public long Time { get; init; }

    /// <summary>Of a device node.</summary>
    public uint Device { get; init; }

    /// <summary>Of a symbolic link.</summary>
    public ReadOnlyMemory<byte> Target { get; init; }

    /// <summary>Of a regular file: its objects, already reserved; null for none yet.</summary>
    public LodLayout? Layout { get; init; }

    /// <summary>Of a directory: its own default layout.</summary>
    public ReadOnlyMemory<byte> DefaultLayout { get; init; }
}
