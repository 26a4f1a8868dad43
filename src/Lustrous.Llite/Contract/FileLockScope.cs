namespace Lustrous.Llite;

/// <summary>Whom a file lock (flock, fcntl) keeps off.</summary>
public enum FileLockScope
{
    /// <summary>Everybody, on all mounts (<c>-o flock</c>, the default).</summary>
    Everybody,

    /// <summary>Only processes of this node: the kernel's own business (<c>-o localflock</c>).</summary>
    ThisNode,

    /// <summary>There are none: ENOSYS (<c>-o noflock</c>).</summary>
    Refused,
}
