using System.Globalization;
using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol.Mounting;

/// <summary>mount(2) and umount(2), which root may use.</summary>
sealed class RootMounter : IFuseMounter
{
    public int Mount(FuseMountOptions options)
    {
        if (!Directory.Exists(options.MountPoint))
            throw new FuseException(Errno.ENOENT, $"{options.MountPoint} is not a directory");
        int fd = Libc.open("/dev/fuse", Libc.O_RDWR | Libc.O_CLOEXEC);
        if (fd < 0)
            throw new FuseException(Libc.LastError, NoDevice(Libc.LastError));
        string data = string.Create(CultureInfo.InvariantCulture,
            $"fd={fd},rootmode=40000,user_id={Libc.geteuid()},group_id={Libc.getegid()},max_read={options.MaxIoBytes}")
            + (options.AllowOther ? ",allow_other" : "") + (options.DefaultPermissions ? ",default_permissions" : "");
        nuint flags = (options.ReadOnly ? Libc.MS_RDONLY : 0) | (options.NoSuid ? Libc.MS_NOSUID : 0)
            | (options.NoDev ? Libc.MS_NODEV : 0);
        if (Libc.mount(options.FsName, options.MountPoint, "fuse." + options.Subtype, flags, data) == 0)
            return fd;
        Errno error = Libc.LastError;
        Libc.close(fd);
        throw new FuseException(error, error switch
        {
            Errno.EPERM or Errno.EACCES => $"no permission to mount on {options.MountPoint} (CAP_SYS_ADMIN is needed)",
            Errno.ENODEV => "this kernel has no FUSE (modprobe fuse)",
            Errno.EBUSY => $"{options.MountPoint} is busy",
            Errno.ENOTCONN => $"{options.MountPoint} is a mount whose server is gone: umount it first",
            _ => $"cannot mount on {options.MountPoint}: {error}",
        });
    }

    public Errno Unmount(string mountPoint, bool lazy) =>
        Libc.umount2(mountPoint, lazy ? Libc.MNT_DETACH : 0) == 0 ? Errno.OK : Libc.LastError;

    internal static string NoDevice(Errno error) => error switch
    {
        Errno.ENOENT or Errno.ENODEV or Errno.ENXIO =>
            "there is no /dev/fuse: load the module (modprobe fuse), or give the container the device "
            + "(--device /dev/fuse)",
        Errno.EACCES or Errno.EPERM => "no permission to open /dev/fuse",
        _ => $"/dev/fuse cannot be opened: {error}",
    };
}
