namespace Lustrous.Fuse.Protocol.Mounting;

/// <summary>How a mount is made and undone. Blocks.</summary>
interface IFuseMounter
{
    /// <summary>The descriptor of the new connection; throws <see cref="FuseException"/>.</summary>
    int Mount(FuseMountOptions options);

    Errno Unmount(string mountPoint, bool lazy);
}
