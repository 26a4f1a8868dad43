namespace Lustrous.Fuse.Protocol;

/// <summary>How a file system is mounted and served.</summary>
public sealed record FuseMountOptions
{
    /// <summary>Where: an existing directory.</summary>
    public required string MountPoint { get; init; }

    /// <summary>What <c>df</c> and /proc/mounts show as the device: <c>10.0.0.1@tcp:/lustre</c>.</summary>
    public string FsName { get; init; } = "lustrous";

    /// <summary>The type is shown as <c>fuse.SUBTYPE</c>.</summary>
    public string Subtype { get; init; } = "lustre";

    public bool ReadOnly { get; init; }

    /// <summary>Users other than the one who mounts may come in. Root's mounts want it; fusermount3 needs
    /// <c>user_allow_other</c> in /etc/fuse.conf for it.</summary>
    public bool AllowOther { get; init; } = true;

    /// <summary>The kernel checks permissions by the attributes it has: needed wherever it may keep names.</summary>
    public bool DefaultPermissions { get; init; } = true;

    /// <summary>Ignore set-id bits, and devices.</summary>
    public bool NoSuid { get; init; }

    public bool NoDev { get; init; }

    /// <summary>Transport to use; unset: io_uring where the kernel has it, else cloned descriptors.</summary>
    public FuseTransportKind? Transport { get; init; }

    /// <summary>Whether to set the kernel's <c>enable_uring</c> module parameter when we may and it is off.</summary>
    public bool EnableUring { get; init; } = true;

    /// <summary>Threads that serve cloned descriptors; 0: two to four, by the number of processors.</summary>
    public int Threads { get; init; }

    /// <summary>Slots of each processor's ring; 0: by the number of processors.</summary>
    public int RingDepth { get; init; }

    /// <summary>Largest read or write, bytes; the kernel may give less.</summary>
    public int MaxIoBytes { get; init; } = 1 << 20;

    /// <summary>How far the kernel reads ahead in a buffered file, bytes.</summary>
    public int MaxReadaheadBytes { get; init; } = 4 << 20;

    /// <summary>Requests that the kernel has under way in the background (readahead, write-back).</summary>
    public int MaxBackground { get; init; } = 64;

    /// <summary>One line for a person about something that went on otherwise than asked.</summary>
    public Action<string>? Warn { get; init; }
}
