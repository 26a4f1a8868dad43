using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol.Mounting;

/// <summary>fusermount3, a set-user-id program that mounts for users; it passes the connection's descriptor through a
/// socket.</summary>
sealed unsafe class FusermountMounter : IFuseMounter
{
    const string Program = "fusermount3";
    const string SocketVariable = "_FUSE_COMMFD";
    const int TimeoutMilliseconds = 20_000;

    public int Mount(FuseMountOptions options)
    {
        int* sockets = stackalloc int[2];
        // The child inherits its end, so neither is closed by exec; ours it does not use.
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM, 0, sockets) != 0)
            throw new FuseException(Libc.LastError, $"no socket pair for {Program}: {Libc.LastError}");
        try
        {
            string list = $"fsname={Escape(options.FsName)},subtype={Escape(options.Subtype)}"
                + string.Create(CultureInfo.InvariantCulture, $",max_read={options.MaxIoBytes}")
                + (options.ReadOnly ? ",ro" : ",rw") + (options.AllowOther ? ",allow_other" : "")
                + (options.DefaultPermissions ? ",default_permissions" : "");
            (int exitCode, string message) = Run(sockets[1], "-o", list, "--", options.MountPoint);
            if (exitCode != 0)
                throw new FuseException(Errno.EPERM, Explain(message, options));
            Libc.close(sockets[1]);
            sockets[1] = -1;
            int fd = Receive(sockets[0]);
            return fd >= 0
                ? fd
                : throw new FuseException(Errno.EIO, $"{Program} mounted but passed no descriptor");
        }
        finally
        {
            Libc.close(sockets[0]);
            if (sockets[1] >= 0)
                Libc.close(sockets[1]);
        }
    }

    public Errno Unmount(string mountPoint, bool lazy)
    {
        string[] arguments = lazy ? ["-u", "-z", "--", mountPoint] : ["-u", "--", mountPoint];
        (int exitCode, string message) = Run(-1, arguments);
        if (exitCode == 0)
            return Errno.OK;
        return message.Contains("busy", StringComparison.OrdinalIgnoreCase) ? Errno.EBUSY
            : message.Contains("not found", StringComparison.OrdinalIgnoreCase) ? Errno.EINVAL : Errno.EPERM;
    }

    static (int ExitCode, string Message) Run(int socket, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        if (socket >= 0)
            start.Environment[SocketVariable] = socket.ToString(CultureInfo.InvariantCulture);
        try
        {
            using Process process = Process.Start(start)!;
            string message = process.StandardError.ReadToEnd();
            if (!process.WaitForExit(TimeoutMilliseconds))
            {
                process.Kill();
                return (-1, "it does not end");
            }
            return (process.ExitCode, message.Trim());
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new FuseException(Errno.ENOENT,
                $"{Program} cannot be run: mount as root, or install the package fuse3", exception);
        }
    }

    static string Explain(string message, FuseMountOptions options)
    {
        if (message.Contains("user_allow_other", StringComparison.Ordinal))
            return "other users may come in (allow_other) only when /etc/fuse.conf says user_allow_other";
        if (message.Contains("/dev/fuse: Permission denied", StringComparison.Ordinal))
            return "only root may open /dev/fuse here: 'chmod 666 /dev/fuse', as udev does, or mount as root";
        return $"{Program} cannot mount on {options.MountPoint}: {message.Replace('\n', ' ')}";
    }

    /// <summary>A comma ends an option, so it and the backslash are escaped.</summary>
    static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);

    /// <summary>Takes the descriptor that comes with one byte (SCM_RIGHTS).</summary>
    static int Receive(int socket)
    {
        byte payload = 0;
        byte* control = stackalloc byte[64];
        IoVec vector = new(&payload, 1);
        Libc.MessageHeader message = new()
        {
            Vectors = &vector,
            VectorCount = 1,
            Control = control,
            ControlLength = 64,
        };
        nint received;
        do
            received = Libc.recvmsg(socket, &message, Libc.MSG_CMSG_CLOEXEC);
        while (received < 0 && Libc.LastError == Errno.EINTR);
        ControlHeader* header = (ControlHeader*)control;
        return received > 0 && message.ControlLength >= (nuint)(sizeof(ControlHeader) + sizeof(int))
            && header->Level == Libc.SOL_SOCKET && header->Type == Libc.SCM_RIGHTS
            ? *(int*)(header + 1) : -1;
    }

    /// <summary><c>struct cmsghdr</c> of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }
}
