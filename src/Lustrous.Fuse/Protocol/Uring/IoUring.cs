using System.Runtime.InteropServices;
using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol.Uring;

/// <summary>
/// One io_uring with submissions of 128 bytes, used by the thread that made it and no other. The kernel's work for it
/// is done when that thread enters (<c>IORING_SETUP_DEFER_TASKRUN</c>).
/// </summary>
sealed unsafe class IoUring : IDisposable
{
    const int SetupCall = 425, EnterCall = 426, RegisterCall = 427;
    const uint SubmitAll = 1 << 7, Clamp = 1 << 4, LargeSqe = 1 << 10, SingleIssuer = 1 << 12, DeferTaskrun = 1 << 13;
    const uint GetEvents = 1, RegisterFilesOp = 2;
    const nint SqesOffset = 0x10000000;
    const int SqeSize = 128, CqeSize = 16;

    readonly int _fd;
    readonly byte* _rings;
    readonly nuint _ringsSize;
    readonly byte* _sqes;
    readonly nuint _sqesSize;
    readonly uint* _sqTail, _sqHead, _sqArray, _cqHead, _cqTail;
    readonly uint _sqMask, _cqMask, _sqEntries;
    readonly byte* _cqes;
    uint _tail, _submitted;

    IoUring(int fd, in Parameters parameters)
    {
        _fd = fd;
        _ringsSize = Math.Max(
            parameters.SqArray + parameters.SqEntries * sizeof(uint),
            parameters.CqCqes + parameters.CqEntries * CqeSize);
        _sqesSize = parameters.SqEntries * SqeSize;
        const int access = Libc.PROT_READ | Libc.PROT_WRITE;
        _rings = Libc.mmap(null, _ringsSize, access, Libc.MAP_SHARED | Libc.MAP_POPULATE, fd, 0);
        _sqes = Libc.mmap(null, _sqesSize, access, Libc.MAP_SHARED | Libc.MAP_POPULATE, fd, SqesOffset);
        Lassert.That(_rings != (byte*)-1 && _sqes != (byte*)-1, "an io_uring could not be mapped");
        _sqHead = (uint*)(_rings + parameters.SqHead);
        _sqTail = (uint*)(_rings + parameters.SqTail);
        _sqArray = (uint*)(_rings + parameters.SqArray);
        _sqMask = *(uint*)(_rings + parameters.SqMask);
        _sqEntries = parameters.SqEntries;
        _cqHead = (uint*)(_rings + parameters.CqHead);
        _cqTail = (uint*)(_rings + parameters.CqTail);
        _cqMask = *(uint*)(_rings + parameters.CqMask);
        _cqes = _rings + parameters.CqCqes;
        for (uint i = 0; i < _sqEntries; i++)
            _sqArray[i] = i;
    }

    /// <summary>Whether the kernel lets us have such rings.</summary>
    public static bool IsAvailable
    {
        get
        {
            using IoUring? ring = TryCreate(2, out _);
            return ring is not null;
        }
    }

    /// <summary>Submissions that wait for the next <see cref="Enter"/>.</summary>
    public uint Pending => _tail - _submitted;

    public static IoUring? TryCreate(int entries, out Errno error)
    {
        Parameters parameters = new() { Flags = SubmitAll | Clamp | LargeSqe | SingleIssuer | DeferTaskrun };
        nint fd = Libc.syscall(SetupCall, entries, (nint)(&parameters), 0, 0, 0, 0);
        error = fd < 0 ? Libc.LastError : Errno.OK;
        return fd < 0 ? null : new IoUring((int)fd, parameters);
    }

    /// <summary>Names descriptors that submissions then use by index, without a reference for each.</summary>
    public bool RegisterFiles(ReadOnlySpan<int> fds)
    {
        fixed (int* start = fds)
            return Libc.syscall(RegisterCall, _fd, (nint)RegisterFilesOp, (nint)start, fds.Length, 0, 0) == 0;
    }

    /// <summary>The next submission, cleared; the ring is made large enough never to be full.</summary>
    public Sqe* Next()
    {
        Lassert.That(_tail - Volatile.Read(ref *_sqHead) < _sqEntries, "an io_uring is full");
        byte* sqe = _sqes + (_tail & _sqMask) * SqeSize;
        new Span<byte>(sqe, SqeSize).Clear();
        _tail++;
        return (Sqe*)sqe;
    }

    /// <summary>Submits what is prepared and, when asked to, waits for a completion.</summary>
    public Errno Enter(bool wait)
    {
        Volatile.Write(ref *_sqTail, _tail);
        nint result = Libc.syscall(EnterCall, _fd, (nint)Pending, wait ? 1 : 0, (nint)GetEvents, 0, 0);
        _submitted = Volatile.Read(ref *_sqHead);
        return result < 0 ? Libc.LastError : Errno.OK;
    }

    /// <summary>Takes one completion.</summary>
    public bool TryTake(out ulong userData, out int result)
    {
        uint head = *_cqHead;
        if (head == Volatile.Read(ref *_cqTail))
        {
            userData = 0;
            result = 0;
            return false;
        }
        byte* cqe = _cqes + (head & _cqMask) * CqeSize;
        userData = *(ulong*)cqe;
        result = *(int*)(cqe + 8);
        Volatile.Write(ref *_cqHead, head + 1);
        return true;
    }

    public void Dispose()
    {
        Libc.munmap(_sqes, _sqesSize);
        Libc.munmap(_rings, _ringsSize);
        Libc.close(_fd);
    }

    /// <summary>The start of <c>struct io_uring_sqe</c>, and where commands keep their own data.</summary>
    [StructLayout(LayoutKind.Explicit, Size = SqeSize)]
    public struct Sqe
    {
        public const byte FixedFile = 1;
        public const byte Read = 22, UringCommand = 46;

        [FieldOffset(0)] public byte Opcode;
        [FieldOffset(1)] public byte Flags;
        [FieldOffset(4)] public int Fd;
        [FieldOffset(8)] public ulong Offset;
        [FieldOffset(8)] public uint CommandOp;
        [FieldOffset(16)] public ulong Address;
        [FieldOffset(24)] public uint Length;
        [FieldOffset(32)] public ulong UserData;
        [FieldOffset(48)] public Abi.FuseUringCommand Command;
    }

    /// <summary><c>struct io_uring_params</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct Parameters
    {
        public uint SqEntries, CqEntries, Flags, SqThreadCpu, SqThreadIdle, Features, WqFd;
        public uint Reserved0, Reserved1, Reserved2;
        public uint SqHead, SqTail, SqMask, SqRingEntries, SqFlags, SqDropped, SqArray, SqReserved;
        public ulong SqUserAddress;
        public uint CqHead, CqTail, CqMask, CqRingEntries, CqOverflow, CqCqes, CqFlags, CqReserved;
        public ulong CqUserAddress;
    }
}
