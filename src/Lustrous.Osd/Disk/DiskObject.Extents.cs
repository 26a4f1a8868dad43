using Lustrous.Osd.Disk.Files;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// The map of the body: which blocks are where. All under the object's lock. A block of the file that was in use is
// never
// written again before the transaction that freed it is durable, and the one after it too: so whatever state a crash
// brings back, its blocks hold what its checksums say.
sealed partial class DiskObject
{
    DiskExtents? _extents;      // guarded by _lock; null: not read yet
    DiskFileSpace? _space;      // guarded by _lock; null: not looked at yet
    long _generation;           // guarded by _lock: of the map

    /// <summary>A part of the file that nothing refers to any more.</summary>
    public void Release(long first, long count)
    {
        const int worthPunching = 16;
        if (_life != Life.Live)
            return;
        if (count >= worthPunching && _device.Files.Open(Number, create: false, out DiskFile? file) == Errno.OK)
        {
            // Who cannot punch keeps the room for later writes.
            _ = file!.Punch(first << DiskBlock.Shift, count << DiskBlock.Shift);
            file.Release();
        }
        using (_lock.Enter())
            _space?.Return(first, count);
    }

    Errno LoadExtents()
    {
        if (_extents is not null)
            return Errno.OK;
        if (_record.Blocks == 0)
        {
            _extents = new DiskExtents();
            return Errno.OK;
        }
        var loaded = new DiskExtents();
        Span<byte> prefix = stackalloc byte[DiskKey.PrefixSize];
        DiskKey.OfNumber(DiskKey.Extent, Number, prefix);
        var walk = new DiskWalk(_device.Store, null, prefix, prefix, after: false);
        try
        {
            long end = 0;
            while (walk.MoveNext())
            {
                if (!DiskExtentValue.TryRead(walk.Key, walk.Value, out DiskExtent extent) || extent.Block < end)
                    return IsDamaged($"the map of object {Fid}");
                end = extent.End;
                loaded.Add(extent);
            }
            if (walk.Status(_device.Store) != Errno.OK || loaded.Blocks != _record.Blocks)
                return IsDamaged($"the map of object {Fid}");
        }
        finally
        {
            walk.Dispose();
        }
        _extents = loaded;
        return Errno.OK;
    }

    /// <summary>Makes a hole of whole blocks, without giving back the room they were accounted with; returns how many
    /// were none.</summary>
    Errno Cut(DiskTransaction change, long first, long end, out long removed)
    {
        removed = 0;
        DiskExtents map = _extents!;
        int from = map.IndexFrom(first);
        int to = from;
        while (to < map.Count && map[to].Block < end)
            to++;
        if (from == to)
            return Errno.OK;
        // Those at both ends may stay in part: what is needed of them is read before anything is changed.
        DiskExtent head = map[from];
        DiskExtent tail = map[to - 1];
        byte[]? headValue = null, tailValue = null;
        if (head.Block < first && ReadExtent(head, out headValue) is var lost and not Errno.OK)
            return lost;
        if (tail.End > end && ReadExtent(tail, out tailValue) is var gone and not Errno.OK)
            return gone;
        for (int i = from; i < to; i++)
        {
            DiskExtent extent = map[i];
            long low = Math.Max(extent.Block, first);
            long high = Math.Min(extent.End, end);
            removed += high - low;
            if (extent.Kind == DiskExtentKind.File)
                FreeBlocks(change, extent.PhysicalAt(low), high - low);
            else if (extent.Kind == DiskExtentKind.Inline)
                DropPieces(change, low, high);
            if (extent.Block >= first)
                SetExtent(change, extent.Block, null);
        }
        Span<DiskExtent> kept = stackalloc DiskExtent[2];
        int keptCount = 0;
        if (head.Block < first)
            kept[keptCount++] = KeepPart(change, head, headValue!, head.Block, first);
        if (tail.End > end)
            kept[keptCount++] = KeepPart(change, tail, tailValue!, end, tail.End);
        map.Replace(from, to - from, kept[..keptCount]);
        _record.Blocks = map.Blocks;
        _generation++;
        return Errno.OK;
    }

    /// <summary>Puts blocks where a hole is; <paramref name="value"/> has the checksums of those in a file.</summary>
    void Install(DiskTransaction change, in DiskExtent extent, byte[] value)
    {
        DiskExtents map = _extents!;
        int at = map.IndexFrom(extent.Block);
        _generation++;
        if (at > 0 && TryJoin(change, map[at - 1], extent, value, out DiskExtent joined))
        {
            map.Replace(at - 1, 1, [joined]);
        }
        else
        {
            SetExtent(change, extent.Block, value);
            map.Replace(at, 0, [extent]);
        }
        _record.Blocks = map.Blocks;
        change.Touch(this, DiskDirty.Record);
    }

    /// <summary>Makes one extent of two where the second goes on as the first, so that a body that is written in small
    /// steps has few.</summary>
    bool TryJoin(
        DiskTransaction change, in DiskExtent before, in DiskExtent extent, byte[] value, out DiskExtent joined)
    {
        joined = before with { Count = before.Count + extent.Count };
        if (before.End != extent.Block || before.Kind != extent.Kind)
            return false;
        bool isFile = extent.Kind == DiskExtentKind.File;
        if (isFile && (before.PhysicalAt(extent.Block) != extent.Physical || joined.Count > DiskBlock.MaxExtent))
            return false;
        if (joined.Count < 0 || ReadExtent(before, out byte[]? first) != Errno.OK)
            return false;
        byte[] whole = DiskExtentValue.Make(joined);
        if (isFile)
        {
            ReadOnlySpan<byte> checksums = DiskExtentValue.Checksums(first);
            checksums.CopyTo(DiskExtentValue.ChecksumRoom(whole));
            DiskExtentValue.Checksums(value).CopyTo(DiskExtentValue.ChecksumRoom(whole)[checksums.Length..]);
        }
        SetExtent(change, before.Block, whole);
        return true;
    }

    DiskExtent KeepPart(DiskTransaction change, in DiskExtent extent, byte[] value, long first, long end)
    {
        var part = new DiskExtent(first, (int)(end - first), extent.Kind,
            extent.Kind == DiskExtentKind.File ? extent.PhysicalAt(first) : 0);
        byte[] kept = DiskExtentValue.Make(part);
        if (extent.Kind == DiskExtentKind.File)
        {
            DiskExtentValue.Checksums(value)
                .Slice((int)(first - extent.Block) * sizeof(uint), part.Count * sizeof(uint))
                .CopyTo(DiskExtentValue.ChecksumRoom(kept));
        }
        SetExtent(change, first, kept);
        return part;
    }

    Errno ReadExtent(in DiskExtent extent, out byte[]? value)
    {
        Span<byte> room = stackalloc byte[DiskKey.NumberedSize];
        ReadOnlySpan<byte> key = DiskKey.OfNumbered(DiskKey.Extent, Number, (ulong)extent.Block, room);
        Errno error = GetValue(_entries, key, out value);
        if (error != Errno.OK)
            return error;
        return DiskExtentValue.TryRead(key, value, out DiskExtent found) && found == extent
            ? Errno.OK
            : IsDamaged($"the map of object {Fid}");
    }

    void SetExtent(DiskTransaction change, long block, byte[]? value)
    {
        Span<byte> room = stackalloc byte[DiskKey.NumberedSize];
        SetValue(change, ref _entries, DiskKey.OfNumbered(DiskKey.Extent, Number, (ulong)block, room), value);
        change.Touch(this, DiskDirty.Record);
    }

    int TakeBlocks(int wanted, out long first)
    {
        _space ??= DiskFileSpace.Of(_extents!);
        return _space.Take(wanted, out first);
    }

    void FreeBlocks(DiskTransaction change, long first, long count)
    {
        _space ??= DiskFileSpace.Of(_extents!);
        AddUser();
        change.Free(new DiskFreed(this, first, count));
    }
}
