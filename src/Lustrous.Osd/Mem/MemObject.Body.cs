using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

// The body. What is committed to it is never changed in place while anybody else has it: a page that is lent is
// replaced.
sealed partial class MemObject
{
    MemBody? _body;     // guarded by _lock; null while nothing takes room

    long BlockCount => (_body?.PageCount ?? 0) << (MemPages.PageShift - 9);

    public Result<int> Read(long offset, Span<byte> into)
    {
        if (CheckBody(offset, out MemObject? self) is var error and not Errno.OK)
            return error;
        using (self!._lock.Enter())
        {
            if (self._life != Life.Live)
                return Errno.ENOENT;
            int length = (int)Math.Clamp(self._size - offset, 0, into.Length);
            self.CopyOut(offset, into[..length]);
            return length;
        }
    }

    public Errno Write(DtTransaction transaction, long offset, ReadOnlySpan<byte> bytes)
    {
        var memory = (MemTransaction)transaction;
        if (CheckBody(offset, out MemObject? self) is var error and not Errno.OK)
            return error;
        if ((ulong)bytes.Length > device.Parameters.MaxBytes - (ulong)offset)
            return Errno.EFBIG;
        using (self!._lock.Enter())
        {
            if (self._life != Life.Live)
                return Errno.ENOENT;
            if (bytes.IsEmpty)
                return Errno.OK;
            long end = offset + bytes.Length;
            if (!memory.TryUse(self.CountHoles(offset, bytes.Length) << MemPages.PageShift))
                return Errno.ENOSPC;
            self._size = Math.Max(self._size, end);
            while (!bytes.IsEmpty)
            {
                int within = (int)(offset & (MemPages.PageSize - 1));
                int length = Math.Min(bytes.Length, MemPages.PageSize - within);
                self.CopyIn(offset >> MemPages.PageShift, within, bytes[..length]);
                offset += length;
                bytes = bytes[length..];
            }
        }
        return Errno.OK;
    }

    public ValueTask<Result<int>> GetReadBuffersAsync(DtBuffers buffers, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (CheckBody(offset, out MemObject? self) is var error and not Errno.OK)
            return new(error);
        using (self!._lock.Enter())
        {
            if (self._life != Life.Live)
                return new(Errno.ENOENT);
            length = (int)Math.Clamp(self._size - offset, 0, length);
            self.Lend((MemBuffers)buffers, offset, length);
        }
        return new(length);
    }

    public ValueTask<Errno> GetWriteBuffersAsync(DtBuffers buffers, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (CheckBody(offset, out _) is var error and not Errno.OK)
            return new(error);
        if ((ulong)length > device.Parameters.MaxBytes - (ulong)offset)
            return new(Errno.EFBIG);
        var memory = (MemBuffers)buffers;
        while (length > 0)
        {
            int within = (int)(offset & (MemPages.PageSize - 1));
            int part;
            if (length >= MemPages.RunSize && (offset & (MemPages.RunSize - 1)) == 0)
            {
                part = MemPages.RunSize;
                memory.AddForWrite(device.Pages.TakeRun(), 0, part, offset);
            }
            else
            {
                part = Math.Min(length, MemPages.PageSize - within);
                memory.AddForWrite(device.Pages.TakePage(within + part), within, part, offset);
            }
            offset += part;
            length -= part;
        }
        return new(Errno.OK);
    }

    public ValueTask<Errno> CommitWriteAsync(DtTransaction transaction, DtBuffers buffers)
    {
        var memory = (MemBuffers)buffers;
        var change = (MemTransaction)transaction;
        if (CheckBody(0, out MemObject? self) is var error and not Errno.OK)
            return new(error);
        using (self!._lock.Enter())
        {
            if (self._life != Life.Live)
                return new(Errno.ENOENT);
            // Counted again: somebody may have written or punched there since the declaration.
            long counted = self.CountHoles(memory);
            if (!change.TryUse(counted << MemPages.PageShift))
                return new(Errno.ENOSPC);
            MemBody body = self._body ??= new MemBody(device.Pages);
            long end = self._size;
            long before = body.PageCount;
            for (int i = 0; i < memory.Count; i++)
            {
                long offset = memory.OffsetAt(i);
                if (memory.LengthAt(i) == MemPages.RunSize)
                    body.SetRun(offset >> MemPages.PageShift, memory.RunAt(i));
                else
                    self.Merge(memory, i);
                end = Math.Max(end, offset + memory.LengthAt(i));
            }
            // Two ranges in one page were counted twice.
            long added = body.PageCount - before;
            Lassert.That(added >= 0 && added <= counted);
            device.ReturnBytes((counted - added) << MemPages.PageShift);
            self._size = end;
        }
        return new(Errno.OK);
    }

    public Errno Punch(DtTransaction transaction, long start, long end)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (CheckBody(start, out MemObject? self) is var error and not Errno.OK)
            return error;
        if (end != DtRange.Eof && end < start)
            return Errno.EINVAL;
        using (self!._lock.Enter())
        {
            if (self._life != Life.Live)
                return Errno.ENOENT;
            if (end == DtRange.Eof)
                self.SetSize(start);
            else
                self.MakeHole(start, end);
        }
        return Errno.OK;
    }

    public Errno Fallocate(DtTransaction transaction, DtFallocateModes modes, long start, long end)
    {
        var memory = (MemTransaction)transaction;
        if (CheckBody(start, out MemObject? self) is var error and not Errno.OK)
            return error;
        if (end <= start)
            return Errno.EINVAL;
        const DtFallocateModes punch = DtFallocateModes.PunchHole | DtFallocateModes.KeepSize;
        const DtFallocateModes zero = DtFallocateModes.ZeroRange;
        if (modes is not (DtFallocateModes.None or DtFallocateModes.KeepSize or punch or zero
            or zero | DtFallocateModes.KeepSize))
            return Errno.EOPNOTSUPP;
        if (modes == punch)
            return Punch(transaction, start, end);
        using (self!._lock.Enter())
        {
            if (self._life != Life.Live)
                return Errno.ENOENT;
            if (!memory.TryUse(self.CountHoles(start, end - start) << MemPages.PageShift))
                return Errno.ENOSPC;
            if ((modes & zero) != 0)
            {
                long before = self._body?.PageCount ?? 0;
                self.MakeHole(start, end);
                // The room stays taken: what was there is reserved again.
                bool again = device.TryReserveBytes((before - (self._body?.PageCount ?? 0)) << MemPages.PageShift);
                Lassert.That(again, "room was taken between two steps of one operation");
            }
            self.Reserve(start >> MemPages.PageShift, RoundUp(end) >> MemPages.PageShift);
            if ((modes & DtFallocateModes.KeepSize) == 0)
                self._size = Math.Max(self._size, end);
        }
        return Errno.OK;
    }

    public Result<long> Seek(long offset, bool hole)
    {
        if (CheckBody(offset, out MemObject? self) is var error and not Errno.OK)
            return error;
        using (self!._lock.Enter())
        {
            if (offset >= self._size)
                return Errno.ENXIO;
            long page = offset >> MemPages.PageShift;
            long found = hole ? self._body?.NextHole(page) ?? page : self._body?.NextData(page) ?? -1;
            if (found < 0)
                return Errno.ENXIO;
            long position = Math.Max(offset, found << MemPages.PageShift);
            if (position < self._size)
                return position;
            return hole ? self._size : Errno.ENXIO;
        }
    }

    /// <summary>Pages of a range that would take room; 0 for an object that does not exist.</summary>
    internal long CountNewPages(long offset, long length)
    {
        if (offset < 0 || length <= 0)
            return 0;
        if (Live() is not { } self)
            return (RoundUp(offset + length) - (offset & ~(MemPages.PageSize - 1L))) >> MemPages.PageShift;
        using (self._lock.Enter())
            return self.CountHoles(offset, length);
    }

    static long RoundUp(long offset) => offset > long.MaxValue - MemPages.PageSize
        ? long.MaxValue & ~(MemPages.PageSize - 1L)
        : (offset + MemPages.PageSize - 1) & ~(MemPages.PageSize - 1L);

    Errno CheckBody(long offset, out MemObject? self)
    {
        self = Live();
        if (self is null)
            return Errno.ENOENT;
        if (self._format.Kind != DtObjectKind.Regular)
            return self._format.Kind == DtObjectKind.Directory ? Errno.EISDIR : Errno.EINVAL;
        return offset < 0 ? Errno.EINVAL : Errno.OK;
    }
}
