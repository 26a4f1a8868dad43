namespace Lustrous.Fuse.Protocol;

/// <summary>How requests come from the kernel.</summary>
public enum FuseTransportKind
{
    /// <summary>read and write on cloned descriptors of /dev/fuse, by a few threads.</summary>
    Device,

    /// <summary>One io_uring for each processor (Linux 6.14, module parameter <c>enable_uring</c>).</summary>
    Uring,
}
