using System.Globalization;
using System.Runtime.CompilerServices;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Fuse.Protocol.Mounting;
using Lustrous.Fuse.Protocol.Native;
using Lustrous.Fuse.Protocol.Uring;

namespace Lustrous.Fuse.Protocol;

// What is agreed on with the kernel before the first request.
public sealed unsafe partial class FuseSession
{
    /// <summary>The ABI that Abi/ describes: Linux 6.18.</summary>
    const uint Major = 7, NewestMinor = 45;

    /// <summary>Linux 4.2: cloned descriptors; what is older is not worth a branch of its own.</summary>
    const uint OldestMinor = 23;

    const string UringParameter = "/sys/module/fuse/parameters/enable_uring";

    /// <summary>No write-back cache: it halves large writes, and pages that wait in the kernel would have to be written
    /// before a lock goes. No ExportSupport: NFS over it is the kernel's own business so far.</summary>
    const FuseInitFlags AlwaysWanted =
        FuseInitFlags.AsyncRead | FuseInitFlags.AtomicOTrunc | FuseInitFlags.BigWrites | FuseInitFlags.DontMask
        | FuseInitFlags.IoctlDir | FuseInitFlags.DoReaddirplus | FuseInitFlags.ReaddirplusAuto
        | FuseInitFlags.AsyncDio | FuseInitFlags.ParallelDirops | FuseInitFlags.AbortError | FuseInitFlags.MaxPages
        | FuseInitFlags.CacheSymlinks | FuseInitFlags.ExplicitInvalData | FuseInitFlags.HandleKillprivV2
        | FuseInitFlags.SetxattrExt | FuseInitFlags.InitExt | FuseInitFlags.ExpireOnly
        | FuseInitFlags.DirectIoAllowMmap | FuseInitFlags.NoOpendirSupport;

    /// <summary>Whether rings are to be tried: asked for or not excluded, allowed by the kernel, and switched on, which
    /// we do ourselves where we may.</summary>
    bool WantsUring()
    {
        if (Options.Transport == FuseTransportKind.Device)
            return false;
        if (!IoUring.IsAvailable)
        {
            WarnIfAsked("this kernel lets us have no io_uring");
            return false;
        }
        try
        {
            if (!File.Exists(UringParameter))
            {
                WarnIfAsked("this kernel has no FUSE over io_uring (Linux 6.14)");
                return false;
            }
            if (File.ReadAllText(UringParameter).StartsWith('Y'))
                return true;
        }
        catch (IOException)
        {
            return false;
        }
        WarnIfAsked($"FUSE over io_uring is off, and {UringParameter} may be set by root alone");
        return false;
    }

    /// <summary>Switches FUSE over io_uring on; the kernel looks at it when it offers what it can, which is as soon as
    /// the mount is made.</summary>
    static void EnableUring(FuseMountOptions options)
    {
        if (!options.EnableUring || options.Transport == FuseTransportKind.Device)
            return;
        try
        {
            if (File.Exists(UringParameter) && File.ReadAllText(UringParameter).StartsWith('N'))
                File.WriteAllText(UringParameter, "Y");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not ours to set: cloned descriptors do.
        }
    }

    void WarnIfAsked(string why)
    {
        if (Options.Transport == FuseTransportKind.Uring)
            Options.Warn?.Invoke(why + "; /dev/fuse is read instead");
    }

    /// <summary>Reads FUSE_INIT and answers it.</summary>
    FuseInitOut Negotiate(bool uring)
    {
        const int size = 8192;
        byte* buffer = stackalloc byte[size];
        nint received;
        do
            received = Libc.read(_fd, buffer, size);
        while (received < 0 && Libc.LastError is Errno.EINTR or Errno.EAGAIN or Errno.ENOENT);
        if (received < 0)
            throw new FuseException(Libc.LastError, $"the kernel's greeting cannot be read: {Libc.LastError}");
        FuseInHeader header = Unsafe.ReadUnaligned<FuseInHeader>(buffer);
        if (received < FuseInHeader.WireSize + 16 || header.Opcode != FuseOpcode.Init)
            throw new FuseException(Errno.EPROTO, "the kernel does not begin with FUSE_INIT");
        FuseInitIn offer = default;
        int length = Math.Min((int)received - FuseInHeader.WireSize, FuseInitIn.WireSize);
        new ReadOnlySpan<byte>(buffer + FuseInHeader.WireSize, length)
            .CopyTo(new Span<byte>(&offer, FuseInitIn.WireSize));
        if (offer.Major != Major || offer.Minor < OldestMinor)
        {
            AnswerInit(header.Unique, new FuseInitOut { Major = Major, Minor = NewestMinor }, Errno.EPROTO);
            throw new FuseException(Errno.EPROTO, string.Create(CultureInfo.InvariantCulture,
                $"the kernel speaks FUSE {offer.Major}.{offer.Minor}; at least {Major}.{OldestMinor} is needed"));
        }
        FuseInitOut answer = Agree(offer, uring);
        AnswerInit(header.Unique, answer, Errno.OK);
        return answer;
    }

    FuseInitOut Agree(in FuseInitIn offer, bool uring)
    {
        var offered = (FuseInitFlags)(offer.Flags
            | (((FuseInitFlags)offer.Flags).HasFlag(FuseInitFlags.InitExt) ? (ulong)offer.Flags2 << 32 : 0));
        FuseInitFlags wanted = AlwaysWanted | FileSystem.WantedFlags;
        if (uring)
            wanted |= FuseInitFlags.OverIoUring;
        FuseInitFlags flags = offered & wanted;
        int maxPages = (Math.Clamp(Options.MaxIoBytes, 4096, 16 << 20) + 4095) / 4096;
        if (!flags.HasFlag(FuseInitFlags.MaxPages))
            maxPages = Math.Min(maxPages, 32);
        maxPages = Math.Min(maxPages, MaxPagesLimit());
        MaxIoBytes = maxPages * 4096;
        Minor = (int)Math.Min(offer.Minor, NewestMinor);
        return new FuseInitOut
        {
            Major = Major,
            Minor = NewestMinor,
            MaxReadahead = Math.Max(offer.MaxReadahead, (uint)Options.MaxReadaheadBytes),
            Flags = (uint)flags,
            Flags2 = (uint)((ulong)flags >> 32),
            MaxBackground = (ushort)Math.Clamp(Options.MaxBackground, 4, ushort.MaxValue),
            CongestionThreshold = (ushort)Math.Clamp(Options.MaxBackground * 3 / 4, 3, ushort.MaxValue),
            MaxWrite = (uint)MaxIoBytes,
            MaxPages = (ushort)maxPages,
            TimeGranularity = 1,
        };
    }

    void AnswerInit(ulong unique, in FuseInitOut answer, Errno error)
    {
        int size = FuseOutHeader.WireSize + (error == Errno.OK ? FuseInitOut.WireSize : 0);
        byte* reply = stackalloc byte[FuseOutHeader.WireSize + FuseInitOut.WireSize];
        *(FuseOutHeader*)reply = new FuseOutHeader { Length = (uint)size, Error = -(int)error, Unique = unique };
        *(FuseInitOut*)(reply + FuseOutHeader.WireSize) = answer;
        if (Libc.write(_fd, reply, (nuint)size) < 0 && error == Errno.OK)
            throw new FuseException(Libc.LastError, $"the kernel refuses our answer to FUSE_INIT: {Libc.LastError}");
    }

    static int MaxPagesLimit()
    {
        try
        {
            string text = File.ReadAllText("/proc/sys/fs/fuse/max_pages_limit");
            return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int pages)
                ? Math.Clamp(pages, 1, ushort.MaxValue) : 256;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 256;                // what kernels without the limit allow
        }
    }

    /// <summary>The kernel caps readahead by its own default of 128 KiB unless it is told here; root may.</summary>
    void RaiseReadahead()
    {
        if (_device is not { } device)
            return;
        try
        {
            string kilobytes = (Options.MaxReadaheadBytes / 1024).ToString(CultureInfo.InvariantCulture);
            File.WriteAllText($"/sys/class/bdi/{device}/read_ahead_kb", kilobytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Buffered reads then come in smaller requests; nothing else changes.
        }
    }
}
