using System.Runtime.CompilerServices;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Files;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Bulk: between the memory of the network and the object's file. Large ones go on in the work queue, so that no thread
// of
// the network waits for the disk.
sealed partial class DiskObject
{
    // Up to so many bytes it costs less to do it than to have it done.
    const int NowBytes = 32 << 10;

    public ValueTask<Result<int>> GetReadBuffersAsync(DtBuffers buffers, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var memory = (DiskBuffers)buffers;
        int first = memory.Count;
        DiskObject? self;
        using (Enter(out self, out Errno error))
        {
            if (self is null)
                return new(error);
            if (self.CheckBody(offset) is var refused and not Errno.OK)
                return new(refused);
            length = (int)Math.Clamp(self._record.Size - offset, 0, length);
            memory.Add(offset, length);
            if (self.Plan(memory, first) is var lost and not Errno.OK)
                return new(lost);
            if (memory.Parts.Count == 0)
                return new(length);
            // Stays in memory until it is read.
            self.AddUser();
        }
        if (length > NowBytes || !self.TryReadNow(memory))
            return self.ReadPartsAsync(memory, first, length);
        self.DropUser();
        return new(length);
    }

    public ValueTask<Errno> GetWriteBuffersAsync(DtBuffers buffers, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        using (Enter(out DiskObject? self, out Errno error))
        {
            if (self is null)
                return new(error);
            if (self.CheckBody(offset) is var refused and not Errno.OK)
                return new(refused);
        }
        if ((ulong)length > _device.Parameters.MaxBytes - (ulong)offset)
            return new(Errno.EFBIG);
        ((DiskBuffers)buffers).Add(offset, length);
        return new(Errno.OK);
    }

    public ValueTask<Errno> CommitWriteAsync(DtTransaction transaction, DtBuffers buffers)
    {
        var memory = (DiskBuffers)buffers;
        var change = (DiskTransaction)transaction;
        DiskObject? self;
        int bytes;
        using (Enter(out self, out Errno error))
        {
            if (self is null)
                return new(error);
            if (self.CheckBody(0) is var refused and not Errno.OK)
                return new(refused);
            if (self.TryWriteInline(change, memory, out Errno written))
                return new(written);
            bytes = self.TakeWholeBlocks(memory);
            // Stays in memory until they are written.
            self.AddUser();
        }
        if (bytes > NowBytes)
            return self.WriteLaterAsync(change, memory);
        return new(self.WriteNow(change, memory));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> WriteLaterAsync(DiskTransaction change, DiskBuffers memory)
    {
        await _device.Hop();
        return WriteNow(change, memory);
    }

    Errno WriteNow(DiskTransaction change, DiskBuffers memory)
    {
        try
        {
            return InstallWritten(change, memory, WriteParts(memory));
        }
        finally
        {
            DropUser();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Result<int>> ReadPartsAsync(DiskBuffers memory, int first, int length)
    {
        await _device.Hop();
        try
        {
            return ReadUntilSteady(memory, first, length);
        }
        finally
        {
            DropUser();
        }
    }

    Result<int> ReadUntilSteady(DiskBuffers memory, int first, int length)
    {
        const int tries = 4;
        for (int i = 0; ; i++)
        {
            Errno error = ReadParts(memory, out string problem);
            if (error == Errno.OK)
            {
                memory.Parts.Clear();
                return length;
            }
            // Blocks that were freed and used again while they were read are looked for at their new place.
            error = PlanAgain(memory, first, i == tries, problem);
            if (error != Errno.OK)
                return error;
            if (memory.Parts.Count == 0)
                return length;
        }
    }

    /// <summary>Fills what is no part of a file, and notes what is. Under the lock.</summary>
    unsafe Errno Plan(DiskBuffers memory, int first)
    {
        memory.Generation = _generation;
        for (int i = first; i < memory.Count; i++)
        {
            long end = (memory.OffsetAt(i) + memory.LengthAt(i) + DiskBlock.Mask) >> DiskBlock.Shift;
            for (long block = memory.OffsetAt(i) >> DiskBlock.Shift; block < end;)
            {
                DiskExtent extent = _extents!.At(block);
                int count = (int)(Math.Min(extent.End, end) - block);
                var blocks = new Span<byte>(memory.BlockAt(i, block), count << DiskBlock.Shift);
                switch (extent.Kind)
                {
                    case DiskExtentKind.File:
                        if (ReadExtent(extent, out byte[]? value) is var lost and not Errno.OK)
                            return lost;
                        memory.Parts.Add(new DiskPart(
                            i, block, count, extent.PhysicalAt(block), value!, (int)(block - extent.Block)));
                        break;
                    case DiskExtentKind.Inline:
                        if (ReadPieces(block << DiskBlock.Shift, blocks) is var gone and not Errno.OK)
                            return gone;
                        break;
                    default:
                        blocks.Clear();
                        break;
                }
                block += count;
            }
        }
        return Errno.OK;
    }

    /// <summary>After a checksum that did not match: EIO when the map is still the same, for then it is the disk.
    /// </summary>
    Errno PlanAgain(DiskBuffers memory, int first, bool isLast, string problem)
    {
        using (_lock.Enter())
        {
            if (_life != Life.Live)
                return Errno.ENOENT;
            if (memory.Generation == _generation)
            {
                _device.Damaged(problem);
                return Errno.EIO;
            }
            memory.Parts.Clear();
            if (LoadExtents() is var error and not Errno.OK)
                return error;
            if (Plan(memory, first) is var lost and not Errno.OK)
                return lost;
            if (!isLast)
                return Errno.OK;
            // It changes all the time: with the lock held it cannot.
            error = ReadParts(memory, out problem);
            if (error != Errno.OK)
                _device.Damaged(problem);
            memory.Parts.Clear();
            return error;
        }
    }

    unsafe bool TryReadNow(DiskBuffers memory)
    {
        if (_device.Files.Open(Number, create: false, out DiskFile? file) != Errno.OK)
            return false;
        bool done = true;
        foreach (DiskPart part in memory.Parts)
        {
            byte* start = memory.BlockAt(part.Piece, part.Block);
            done = done && file!.TryReadNow(start, part.Count << DiskBlock.Shift, part.Physical << DiskBlock.Shift)
                && FindBad(part, start) < 0;
        }
        file!.Release();
        if (done)
            memory.Parts.Clear();
        return done;
    }

    unsafe Errno ReadParts(DiskBuffers memory, out string problem)
    {
        problem = "";
        Errno error = _device.Files.Open(Number, create: false, out DiskFile? file);
        if (error != Errno.OK)
        {
            problem = $"{_device.Files.PathOf(Number)} of object {Fid}: cannot be opened ({error})";
            return Errno.EIO;
        }
        foreach (DiskPart part in memory.Parts)
        {
            byte* start = memory.BlockAt(part.Piece, part.Block);
            error = file!.Read(start, part.Count << DiskBlock.Shift, part.Physical << DiskBlock.Shift);
            if (error == Errno.OK && FindBad(part, start) < 0)
                continue;
            int bad = error == Errno.OK ? FindBad(part, start) : 0;
            problem = $"{file.Path} of object {Fid}: block {part.Physical + bad} "
                + (error == Errno.OK ? "is not what was written" : $"cannot be read ({error})");
            error = Errno.EIO;
            break;
        }
        file!.Release();
        return error;
    }

    /// <summary>The first block that does not match its checksum; -1: none.</summary>
    static unsafe int FindBad(in DiskPart part, byte* start)
    {
        for (int i = 0; i < part.Count; i++)
        {
            var block = new ReadOnlySpan<byte>(start + ((long)i << DiskBlock.Shift), DiskBlock.Size);
            if (DiskBlock.Checksum(block) != DiskExtentValue.ChecksumAt(part.Value, part.ChecksumIndex + i))
                return i;
        }
        return -1;
    }

    /// <summary>A small body, or the beginning of one, needs no file. Under the lock.</summary>
    bool TryWriteInline(DiskTransaction change, DiskBuffers memory, out Errno error)
    {
        error = Errno.OK;
        if ((_record.Flags & DiskObjectFlags.HasFile) != 0)
            return false;
        long end = 0;
        for (int i = 0; i < memory.Count; i++)
            end = Math.Max(end, memory.OffsetAt(i) + memory.LengthAt(i));
        if (end > DiskBlock.InlineBytes)
            return false;
        if (_record.PieceShift == 0)
            _record.PieceShift = DiskBlock.Shift;
        if (!TryUseFor(change, memory, out long counted))
        {
            error = Errno.ENOSPC;
            return true;
        }
        long before = _extents!.Blocks;
        for (int i = 0; i < memory.Count && error == Errno.OK; i++)
            error = CopyIn(change, memory.OffsetAt(i), memory.SpanAt(i));
        EndWrite(change, memory, counted, before, error);
        return true;
    }

    /// <summary>Takes blocks of the file for all that is written as a whole. Under the lock; returns bytes.</summary>
    int TakeWholeBlocks(DiskBuffers memory)
    {
        memory.Parts.Clear();
        int bytes = 0;
        for (int i = 0; i < memory.Count; i++)
        {
            long first = (memory.OffsetAt(i) + DiskBlock.Mask) >> DiskBlock.Shift;
            long end = (memory.OffsetAt(i) + memory.LengthAt(i)) >> DiskBlock.Shift;
            for (long block = first; block < end;)
            {
                int count = TakeBlocks((int)(end - block), out long physical);
                var extent = new DiskExtent(block, count, DiskExtentKind.File, physical);
                memory.Parts.Add(new DiskPart(i, block, count, physical, DiskExtentValue.Make(extent), 0));
                block += count;
                bytes += count << DiskBlock.Shift;
            }
        }
        // From now on there may be a file, whatever becomes of the write.
        if (bytes > 0)
            _record.Flags |= DiskObjectFlags.HasFile;
        return bytes;
    }

    unsafe Errno WriteParts(DiskBuffers memory)
    {
        if (memory.Parts.Count == 0)
            return Errno.OK;
        Errno error = _device.Files.Open(Number, create: true, out DiskFile? file);
        if (error != Errno.OK)
            return NotWritten("cannot be made", error);
        foreach (DiskPart part in memory.Parts)
        {
            byte* start = memory.BlockAt(part.Piece, part.Block);
            for (int i = 0; i < part.Count; i++)
            {
                var block = new ReadOnlySpan<byte>(start + ((long)i << DiskBlock.Shift), DiskBlock.Size);
                DiskExtentValue.SetChecksum(part.Value, i, DiskBlock.Checksum(block));
            }
            error = file!.Write(
                new ReadOnlySpan<byte>(start, part.Count << DiskBlock.Shift), part.Physical << DiskBlock.Shift);
            if (error == Errno.OK)
                continue;
            error = NotWritten("cannot be written", error);
            break;
        }
        _device.Files.MarkDirty(file!);
        file!.Release();
        return error;
    }

    /// <summary>Makes what was written part of the body.</summary>
    Errno InstallWritten(DiskTransaction change, DiskBuffers memory, Errno written)
    {
        using (_lock.Enter())
        {
            if (_life != Life.Live)
            {
                memory.Parts.Clear();
                // Who removed the file came before it was made again.
                if (_isFileGone)
                    _device.Files.Unlink(Number);
                return Errno.ENOENT;
            }
            Errno error = written;
            long counted = 0;
            // Counted now: somebody may have written or punched there since the declaration.
            if (error == Errno.OK && !TryUseFor(change, memory, out counted))
                error = Errno.ENOSPC;
            if (error != Errno.OK)
            {
                foreach (DiskPart part in memory.Parts)
                    _space!.Return(part.Physical, part.Count);
                memory.Parts.Clear();
                // That there may be a file.
                change.Touch(this, DiskDirty.Record);
                return error;
            }
            long before = _extents!.Blocks;
            foreach (DiskPart part in memory.Parts)
            {
                if (error == Errno.OK)
                    error = Cut(change, part.Block, part.Block + part.Count, out _);
                if (error == Errno.OK)
                {
                    var extent = new DiskExtent(part.Block, part.Count, DiskExtentKind.File, part.Physical);
                    Install(change, extent, part.Value);
                }
            }
            for (int i = 0; i < memory.Count && error == Errno.OK; i++)
                error = WriteEnds(change, memory, i);
            memory.Parts.Clear();
            EndWrite(change, memory, counted, before, error);
            return error;
        }
    }

    /// <summary>The blocks of a piece that are written only in part.</summary>
    Errno WriteEnds(DiskTransaction change, DiskBuffers memory, int index)
    {
        long offset = memory.OffsetAt(index);
        Span<byte> bytes = memory.SpanAt(index);
        int within = (int)(offset & DiskBlock.Mask);
        int head = within == 0 ? 0 : Math.Min(bytes.Length, DiskBlock.Size - within);
        int tail = (int)((offset + bytes.Length) & DiskBlock.Mask);
        Errno error = Errno.OK;
        if (head > 0)
            error = RewriteBlock(change, offset >> DiskBlock.Shift, within, bytes[..head]);
        if (error == Errno.OK && tail > 0 && head < bytes.Length)
            error = RewriteBlock(change, (offset + bytes.Length) >> DiskBlock.Shift, 0, bytes[^tail..]);
        return error;
    }

    bool TryUseFor(DiskTransaction change, DiskBuffers memory, out long counted)
    {
        counted = 0;
        for (int i = 0; i < memory.Count;)
        {
            (long start, long end) = memory.RangeFrom(ref i);
            counted += CountHoles(start, end - start);
        }
        return change.TryUse(counted << DiskBlock.Shift);
    }

    void EndWrite(DiskTransaction change, DiskBuffers memory, long counted, long before, Errno error)
    {
        // Two ranges in one block were counted twice.
        change.GiveBack((counted - (_extents!.Blocks - before)) << DiskBlock.Shift);
        for (int i = 0; i < memory.Count && error == Errno.OK; i++)
            _record.Size = Math.Max(_record.Size, memory.OffsetAt(i) + memory.LengthAt(i));
        change.Touch(this, DiskDirty.Record);
    }

    /// <summary>Changes a part of one block: inline where it lies, in a file by writing the whole of it to a new place.
    /// Under the lock: nobody else changes another part of it meanwhile.</summary>
    Errno RewriteBlock(DiskTransaction change, long block, int within, ReadOnlySpan<byte> bytes)
    {
        DiskExtent extent = _extents!.At(block);
        if (extent.Kind == DiskExtentKind.Inline)
            return WritePieces(change, (block << DiskBlock.Shift) + within, bytes);
        Span<byte> whole = stackalloc byte[DiskBlock.Size];
        whole.Clear();
        // What lies behind the end is zero: all that counts may be new.
        bool isWhole = within == 0 && (block << DiskBlock.Shift) + bytes.Length >= _record.Size;
        if (!isWhole && extent.Kind == DiskExtentKind.File
            && ReadBlock(extent, block, whole) is var lost and not Errno.OK)
            return lost;
        bytes.CopyTo(whole[within..]);
        _record.Flags |= DiskObjectFlags.HasFile;
        Errno error = _device.Files.Open(Number, create: true, out DiskFile? file);
        if (error != Errno.OK)
            return NotWritten("cannot be made", error);
        TakeBlocks(1, out long physical);
        error = file!.Write(whole, physical << DiskBlock.Shift);
        if (error != Errno.OK)
            error = NotWritten("cannot be written", error);
        _device.Files.MarkDirty(file);
        file.Release();
        if (error == Errno.OK)
            error = Cut(change, block, block + 1, out _);
        if (error != Errno.OK)
        {
            _space!.Return(physical, 1);
            return error;
        }
        var written = new DiskExtent(block, 1, DiskExtentKind.File, physical);
        byte[] value = DiskExtentValue.Make(written);
        DiskExtentValue.SetChecksum(value, 0, DiskBlock.Checksum(whole));
        Install(change, written, value);
        return Errno.OK;
    }

    /// <summary>A full disk is no fault of it: who comes next is refused when he asks for room.</summary>
    Errno NotWritten(string what, Errno error)
    {
        if (error == Errno.ENOSPC)
        {
            _device.LookAtRoom();
            return error;
        }
        _device.Damaged($"{_device.Files.PathOf(Number)} of object {Fid}: {what} ({error})");
        return Errno.EIO;
    }

    Errno ReadBlock(in DiskExtent extent, long block, Span<byte> into)
    {
        if (ReadExtent(extent, out byte[]? value) is var lost and not Errno.OK)
            return lost;
        Errno error = _device.Files.Open(Number, create: false, out DiskFile? file);
        long physical = extent.PhysicalAt(block);
        if (error == Errno.OK)
        {
            error = file!.Read(into, physical << DiskBlock.Shift);
            file.Release();
        }
        if (error == Errno.OK
            && DiskBlock.Checksum(into) == DiskExtentValue.ChecksumAt(value, (int)(block - extent.Block)))
            return Errno.OK;
        _device.Damaged($"{_device.Files.PathOf(Number)} of object {Fid}: block {physical} "
            + (error == Errno.OK ? "is not what was written" : $"cannot be read ({error})"));
        return Errno.EIO;
    }
}
