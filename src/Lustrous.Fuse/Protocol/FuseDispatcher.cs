using System.Runtime.CompilerServices;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Protocol;

/// <summary>From a request's bytes to a call of the file system. What does not fit the ABI is refused with EPROTO; the
/// bytes are never trusted.</summary>
static unsafe partial class FuseDispatcher
{
    /// <summary>Longest name the kernel sends (<c>FUSE_NAME_MAX</c>).</summary>
    const int MaxName = 1024;

    static readonly ValueTask<Errno> Malformed = new(Errno.EPROTO);

    /// <summary>Calls the file system and answers, now or later.</summary>
    public static void Dispatch(FuseFileSystem fileSystem, FuseRequest request, FuseInitFlags flags)
    {
        switch (request.Header.Opcode)
        {
            case FuseOpcode.Forget:
                if (Take(request, out FuseForgetIn forget))
                    fileSystem.Forget(request.NodeId, forget.LookupCount);
                request.Drop();
                return;
            case FuseOpcode.BatchForget:
                ForgetBatch(fileSystem, request);
                request.Drop();
                return;
            case FuseOpcode.Interrupt or FuseOpcode.NotifyReply:
                request.Drop();
                return;
        }
        ValueTask<Errno> task;
        try
        {
            task = Call(fileSystem, request, flags);
        }
#pragma warning disable CA1031 // whatever went wrong in one request, the program that waits for it gets an answer
        catch (Exception exception)
        {
            request.FailedNow(exception);
            return;
        }
#pragma warning restore CA1031
        request.Finish(task);
    }

    static ValueTask<Errno> Call(FuseFileSystem fileSystem, FuseRequest request, FuseInitFlags flags) =>
        request.Header.Opcode switch
        {
            FuseOpcode.Read => Take(request, out FuseReadIn read)
                ? fileSystem.ReadAsync(request, Clip(request, read)) : Malformed,
            FuseOpcode.Write => Write(fileSystem, request),
            FuseOpcode.Lookup => Name(request, 0, out ReadOnlySpan<byte> name)
                ? fileSystem.LookupAsync(request, name) : Malformed,
            FuseOpcode.Getattr => Take(request, out FuseGetattrIn getattr)
                ? fileSystem.GetattrAsync(request, getattr) : Malformed,
            FuseOpcode.Open => Take(request, out FuseOpenIn open)
                ? fileSystem.OpenAsync(request, open) : Malformed,
            FuseOpcode.Release => Take(request, out FuseReleaseIn release)
                ? fileSystem.ReleaseAsync(request, release) : Malformed,
            FuseOpcode.Flush => Take(request, out FuseFlushIn flush)
                ? fileSystem.FlushAsync(request, flush) : Malformed,
            FuseOpcode.Readdir or FuseOpcode.Readdirplus => Take(request, out FuseReadIn readdir)
                ? fileSystem.ReaddirAsync(
                    request, Clip(request, readdir), request.Header.Opcode == FuseOpcode.Readdirplus)
                : Malformed,
            FuseOpcode.Opendir => Take(request, out FuseOpenIn opendir)
                ? fileSystem.OpendirAsync(request, opendir) : Malformed,
            FuseOpcode.Releasedir => Take(request, out FuseReleaseIn releasedir)
                ? fileSystem.ReleasedirAsync(request, releasedir) : Malformed,
            FuseOpcode.Create or FuseOpcode.Mknod or FuseOpcode.Mkdir or FuseOpcode.Symlink or FuseOpcode.Link
                or FuseOpcode.Unlink or FuseOpcode.Rmdir or FuseOpcode.Rename or FuseOpcode.Rename2
                => Names(fileSystem, request),
            FuseOpcode.Setxattr or FuseOpcode.Getxattr or FuseOpcode.Listxattr or FuseOpcode.Removexattr
                => Xattrs(fileSystem, request, flags),
            _ => Others(fileSystem, request),
        };

    static ValueTask<Errno> Others(FuseFileSystem fileSystem, FuseRequest request) => request.Header.Opcode switch
    {
        FuseOpcode.Setattr => Take(request, out FuseSetattrIn setattr)
            ? fileSystem.SetattrAsync(request, setattr) : Malformed,
        FuseOpcode.Readlink => fileSystem.ReadlinkAsync(request),
        FuseOpcode.Statfs => fileSystem.StatfsAsync(request),
        FuseOpcode.Fsync => Take(request, out FuseFsyncIn fsync)
            ? fileSystem.FsyncAsync(request, fsync) : Malformed,
        FuseOpcode.Fsyncdir => Take(request, out FuseFsyncIn fsyncdir)
            ? fileSystem.FsyncdirAsync(request, fsyncdir) : Malformed,
        FuseOpcode.Access => Take(request, out FuseAccessIn access)
            ? fileSystem.AccessAsync(request, access.Mask) : Malformed,
        FuseOpcode.Fallocate => Take(request, out FuseFallocateIn fallocate)
            ? fileSystem.FallocateAsync(request, fallocate) : Malformed,
        FuseOpcode.Lseek => Take(request, out FuseLseekIn lseek)
            ? fileSystem.LseekAsync(request, lseek) : Malformed,
        FuseOpcode.Ioctl => Ioctl(fileSystem, request),
        FuseOpcode.Statx => Take(request, out FuseStatxIn statx)
            ? fileSystem.StatxAsync(request, statx) : Malformed,
        FuseOpcode.CopyFileRange => Take(request, out FuseCopyFileRangeIn copy)
            ? fileSystem.CopyFileRangeAsync(request, copy) : Malformed,
        FuseOpcode.Syncfs => fileSystem.SyncfsAsync(request),
        FuseOpcode.Setlk or FuseOpcode.Setlkw => Take(request, out FuseLockIn wanted)
            ? fileSystem.SetLockAsync(request, wanted, request.Header.Opcode == FuseOpcode.Setlkw) : Malformed,
        FuseOpcode.Getlk => Take(request, out FuseLockIn asked)
            ? fileSystem.GetLockAsync(request, asked) : Malformed,
        FuseOpcode.Destroy => new(Errno.OK),
        // tmpfile(2) falls back, poll is answered by the kernel.
        FuseOpcode.Tmpfile => new(Errno.EOPNOTSUPP),
        _ => new(Errno.ENOSYS),
    };

    static ValueTask<Errno> Names(FuseFileSystem fileSystem, FuseRequest request)
    {
        ReadOnlySpan<byte> name;
        switch (request.Header.Opcode)
        {
            case FuseOpcode.Create:
                return Take(request, out FuseCreateIn create) && Name(request, FuseCreateIn.WireSize, out name)
                    ? fileSystem.CreateAsync(request, create, name) : Malformed;
            case FuseOpcode.Mknod:
                return Take(request, out FuseMknodIn mknod) && Name(request, FuseMknodIn.WireSize, out name)
                    ? fileSystem.MknodAsync(request, mknod, name) : Malformed;
            case FuseOpcode.Mkdir:
                return Take(request, out FuseMkdirIn mkdir) && Name(request, FuseMkdirIn.WireSize, out name)
                    ? fileSystem.MkdirAsync(request, mkdir, name) : Malformed;
            case FuseOpcode.Symlink:
                return TwoStrings(request, 0, out name, out ReadOnlySpan<byte> target) && IsName(name)
                    ? fileSystem.SymlinkAsync(request, name, target) : Malformed;
            case FuseOpcode.Link:
                return Take(request, out FuseLinkIn link) && Name(request, FuseLinkIn.WireSize, out name)
                    ? fileSystem.LinkAsync(request, link.OldNodeId, name) : Malformed;
            case FuseOpcode.Unlink:
                return Name(request, 0, out name) ? fileSystem.UnlinkAsync(request, name) : Malformed;
            case FuseOpcode.Rmdir:
                return Name(request, 0, out name) ? fileSystem.RmdirAsync(request, name) : Malformed;
            case FuseOpcode.Rename:
                return Take(request, out FuseRenameIn rename)
                    ? Rename(fileSystem, request, FuseRenameIn.WireSize, rename.NewDirectory, 0) : Malformed;
            default:
                return Take(request, out FuseRename2In rename2)
                    ? Rename(fileSystem, request, FuseRename2In.WireSize, rename2.NewDirectory, rename2.Flags)
                    : Malformed;
        }
    }

    static ValueTask<Errno> Rename(
        FuseFileSystem fileSystem, FuseRequest request, int argument, ulong newParent, uint flags) =>
        TwoStrings(request, argument, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> newName)
            && IsName(name) && IsName(newName)
            ? fileSystem.RenameAsync(request, name, newParent, newName, flags) : Malformed;

    static ValueTask<Errno> Xattrs(FuseFileSystem fileSystem, FuseRequest request, FuseInitFlags flags)
    {
        switch (request.Header.Opcode)
        {
            case FuseOpcode.Setxattr:
                int size = flags.HasFlag(FuseInitFlags.SetxattrExt) ? FuseSetxattrIn.WireSize : 8;
                byte* argument = request.Argument(size);
                if (argument is null)
                    return Malformed;
                FuseSetxattrIn input = default;
                new ReadOnlySpan<byte>(argument, size).CopyTo(new Span<byte>(&input, FuseSetxattrIn.WireSize));
                ReadOnlySpan<byte> rest = request.Rest(size).Span;
                return Cut(ref rest, out ReadOnlySpan<byte> name) && !name.IsEmpty && input.Size <= (uint)rest.Length
                    ? fileSystem.SetxattrAsync(request, input, name, rest[..(int)input.Size]) : Malformed;
            case FuseOpcode.Getxattr:
                if (!Take(request, out FuseGetxattrIn get))
                    return Malformed;
                ReadOnlySpan<byte> after = request.Rest(FuseGetxattrIn.WireSize).Span;
                // The value is written where the name lies.
                return Cut(ref after, out ReadOnlySpan<byte> wanted) && wanted.Length is > 0 and <= MaxName
                    ? fileSystem.GetxattrAsync(request, Room(request, get.Size), request.Save(wanted)) : Malformed;
            case FuseOpcode.Listxattr:
                return Take(request, out FuseGetxattrIn list)
                    ? fileSystem.ListxattrAsync(request, Room(request, list.Size)) : Malformed;
            default:
                ReadOnlySpan<byte> all = request.Rest(0).Span;
                return Cut(ref all, out ReadOnlySpan<byte> removed) && !removed.IsEmpty
                    ? fileSystem.RemovexattrAsync(request, removed) : Malformed;
        }
    }

    static ValueTask<Errno> Write(FuseFileSystem fileSystem, FuseRequest request)
    {
        if (!Take(request, out FuseWriteIn write))
            return Malformed;
        IoVec data = request.Rest(FuseWriteIn.WireSize);
        return write.Size <= (uint)data.Length && write.Offset <= long.MaxValue
            ? fileSystem.WriteAsync(request, write, data.Slice(0, (int)write.Size)) : Malformed;
    }

    static ValueTask<Errno> Ioctl(FuseFileSystem fileSystem, FuseRequest request)
    {
        if (!Take(request, out FuseIoctlIn ioctl))
            return Malformed;
        IoVec data = request.Rest(FuseIoctlIn.WireSize);
        return ioctl.InSize <= (uint)data.Length && ioctl.OutSize <= (uint)request.ReplyBuffer.Length
            ? fileSystem.IoctlAsync(request, ioctl, data.Span[..(int)ioctl.InSize]) : Malformed;
    }

    static void ForgetBatch(FuseFileSystem fileSystem, FuseRequest request)
    {
        if (!Take(request, out FuseBatchForgetIn batch))
            return;
        IoVec lines = request.Rest(FuseBatchForgetIn.WireSize);
        int count = (int)Math.Min(batch.Count, (uint)(lines.Length / FuseForgetOne.WireSize));
        for (int i = 0; i < count; i++)
        {
            FuseForgetOne one = Unsafe.ReadUnaligned<FuseForgetOne>(lines.Start + i * FuseForgetOne.WireSize);
            fileSystem.Forget(one.NodeId, one.LookupCount);
        }
    }

    static bool Take<T>(FuseRequest request, out T input)
        where T : unmanaged
    {
        byte* argument = request.Argument(sizeof(T));
        input = argument is null ? default : Unsafe.ReadUnaligned<T>(argument);
        return argument is not null;
    }

    static FuseReadIn Clip(FuseRequest request, FuseReadIn read)
    {
        read.Size = Math.Min(read.Size, (uint)request.ReplyBuffer.Length);
        return read;
    }

    static int Room(FuseRequest request, uint size) => (int)Math.Min(size, (uint)request.ReplyBuffer.Length);

    static bool Name(FuseRequest request, int argument, out ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> rest = request.Rest(argument).Span;
        return Cut(ref rest, out name) && IsName(name);
    }

    static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxName && !name.Contains((byte)'/');

    static bool TwoStrings(
        FuseRequest request, int argument, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        ReadOnlySpan<byte> rest = request.Rest(argument).Span;
        second = default;
        return Cut(ref rest, out first) && Cut(ref rest, out second) && !second.IsEmpty;
    }

    /// <summary>Takes the bytes up to a zero byte off the front.</summary>
    static bool Cut(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        int end = rest.IndexOf((byte)0);
        text = end < 0 ? default : rest[..end];
        if (end >= 0)
            rest = rest[(end + 1)..];
        return end >= 0;
    }
}
