namespace Lustrous.Llite;

/// <summary>How a file system is mounted.</summary>
public sealed record LliteMountOptions
{
    /// <summary><c>lustre</c>, at most 8 characters.</summary>
    public required string FsName { get; init; }

    /// <summary>Part of the names of the mount's devices: <c>ffff8800…</c>, 16 hexadecimal digits.</summary>
    public required string Instance { get; init; }

    /// <summary>Us, to every target.</summary>
    public required string ClientUuid { get; init; }

    /// <summary>Directory to mount instead of the root; empty for the root.</summary>
    public string Fileset { get; init; } = "";

    public bool ReadOnly { get; init; }

    /// <summary>Extended attributes of users (<c>-o user_xattr</c>); our default is on.</summary>
    public bool UserXattr { get; init; } = true;

    /// <summary>Whom file locks keep off.</summary>
    public FileLockScope FileLocks { get; init; }

    /// <summary>Reads and writes of at least so many bytes go past our cache: worth it where the servers are in this
    /// process, and a copy costs more than the way to them.</summary>
    public int DirectFromBytes { get; init; } = int.MaxValue;

    /// <summary>The kernel above.</summary>
    public IKernelCache Kernel { get; init; } = NoKernelCache.Instance;

    /// <summary>Seconds that unmounting waits for targets that do not answer.</summary>
    public int UmountTimeoutSeconds { get; init; } = 10;
}
