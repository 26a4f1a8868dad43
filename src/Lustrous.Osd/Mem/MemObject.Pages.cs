namespace Lustrous.Osd.Mem;

// What the body's operations do to single pages; all under the object's lock.
sealed partial class MemObject
{
    void DropBody()
    {
        if (_body is not { } body)
            return;
        device.ReturnBytes(body.Remove(0, long.MaxValue) << MemPages.PageShift);
        _body = null;
    }

    long CountHoles(long offset, long length)
    {
        if (length <= 0)
            return 0;
        long first = offset >> MemPages.PageShift;
        long end = RoundUp(offset + length) >> MemPages.PageShift;
        return _body?.CountHoles(first, end) ?? end - first;
    }

    /// <summary>Of all that is to be written; neighbouring pieces together, so that a page is counted once.</summary>
    long CountHoles(MemBuffers buffers)
    {
        long pages = 0;
        for (int i = 0; i < buffers.Count;)
        {
            long start = buffers.OffsetAt(i);
            long end = start;
            for (; i < buffers.Count && buffers.OffsetAt(i) == end; i++)
                end += buffers.LengthAt(i);
            pages += CountHoles(start, end - start);
        }
        return pages;
    }

    void CopyOut(long offset, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int within = (int)(offset & (MemPages.PageSize - 1));
            int length = Math.Min(into.Length, MemPages.PageSize - within);
            ReadOnlySpan<byte> data = _body is { } body ? body.Get(offset >> MemPages.PageShift).Data : default;
            int kept = Math.Clamp(data.Length - within, 0, length);
            if (kept > 0)
                data.Slice(within, kept).CopyTo(into);
            into[kept..length].Clear();
            offset += length;
            into = into[length..];
        }
    }

    void Lend(MemBuffers buffers, long offset, int length)
    {
        while (length > 0)
        {
            long page = offset >> MemPages.PageShift;
            MemWindow? window = _body?.WindowOf(page);
            long windowEnd = (page / MemWindow.PageCount + 1) * MemWindow.PageCount << MemPages.PageShift;
            int inWindow = (int)Math.Min(length, windowEnd - offset);
            length -= inWindow;
            if (window is null)
            {
                buffers.LendZeros(inWindow);
                offset += inWindow;
                continue;
            }
            while (inWindow > 0)
            {
                MemPage found = window.Get((int)(offset >> MemPages.PageShift) & (MemWindow.PageCount - 1));
                int within = (int)(offset & (MemPages.PageSize - 1));
                int part = Math.Min(inWindow, MemPages.PageSize - within);
                int kept = Math.Clamp(found.Length - within, 0, part);
                if (kept > 0)
                    buffers.Lend(found.Run!, found.Offset + within, kept);
                if (kept < part)
                    buffers.LendZeros(part - kept);
                offset += part;
                inWindow -= part;
            }
        }
    }

    /// <summary>Copies a part of one page in: in place when nobody else has it.</summary>
    void CopyIn(long page, int within, ReadOnlySpan<byte> bytes)
    {
        MemBody body = _body ??= new MemBody(device.Pages);
        MemPage old = body.Get(page);
        int end = within + bytes.Length;
        if (old.IsData && old.Run!.IsSole && old.Length >= end)
        {
            bytes.CopyTo(old.Run.Span[(old.Offset + within)..]);
            return;
        }
        MemRun run = device.Pages.TakePage(Math.Max(end, old.Length));
        Fill(run, old.Data, within, end);
        bytes.CopyTo(run.Span[within..]);
        body.Set(page, run, 0);
    }

    /// <summary>Puts a received piece of one page into the body, with what was around it.</summary>
    void Merge(MemBuffers buffers, int index)
    {
        MemRun run = buffers.RunAt(index);
        long offset = buffers.OffsetAt(index);
        long page = offset >> MemPages.PageShift;
        int within = (int)(offset & (MemPages.PageSize - 1));
        int end = within + buffers.LengthAt(index);
        MemPage old = _body!.Get(page);
        if (run.Length < old.Length)
        {
            // What was there is longer than the piece that was taken without looking.
            CopyIn(page, within, run.Span[within..end]);
            return;
        }
        Fill(run, old.Data, within, end);
        run.AddReferences();
        _body.Set(page, run, 0);
    }

    /// <summary>Copies what is old around a part that is new, and zeros where nothing was.</summary>
    static void Fill(MemRun run, ReadOnlySpan<byte> old, int newStart, int newEnd)
    {
        Span<byte> all = run.Span;
        int head = Math.Min(old.Length, newStart);
        old[..head].CopyTo(all);
        all[head..newStart].Clear();
        if (newEnd < old.Length)
            old[newEnd..].CopyTo(all[newEnd..]);
        all[Math.Max(newEnd, old.Length)..].Clear();
    }

    void SetSize(long size)
    {
        if (size < _size && _body is not null)
        {
            long kept = RoundUp(size);
            // Also what fallocate has reserved beyond the end.
            device.ReturnBytes(_body.Remove(kept >> MemPages.PageShift, long.MaxValue) << MemPages.PageShift);
            ZeroPart(size, kept);
        }
        _size = size;
    }

    void MakeHole(long start, long end)
    {
        if (_body is not { } body || end <= start)
            return;
        long first = RoundUp(start);
        long last = end & ~(MemPages.PageSize - 1L);
        if (first > last)
        {
            ZeroPart(start, end);
            return;
        }
        ZeroPart(start, first);
        ZeroPart(last, end);
        device.ReturnBytes(
            body.Remove(first >> MemPages.PageShift, last >> MemPages.PageShift) << MemPages.PageShift);
    }

    /// <summary>Zeroes a part of one page.</summary>
    void ZeroPart(long start, long end)
    {
        if (end <= start)
            return;
        long page = start >> MemPages.PageShift;
        MemPage old = _body!.Get(page);
        int within = (int)(start & (MemPages.PageSize - 1));
        int length = (int)Math.Min(end - start, old.Length - within);
        if (length <= 0)
            return;
        if (old.Run!.IsSole)
        {
            old.Run.Span.Slice(old.Offset + within, length).Clear();
            return;
        }
        MemRun run = device.Pages.TakePage(old.Length);
        Fill(run, old.Data, within, within + length);
        run.Span.Slice(within, length).Clear();
        _body.Set(page, run, 0);
    }

    /// <summary>Takes room for holes, which still read as zeros.</summary>
    void Reserve(long first, long end)
    {
        MemBody body = _body ??= new MemBody(device.Pages);
        for (long page = first; page < end; page++)
        {
            if (body.Get(page).IsHole)
                body.Set(page, device.Zero, 0);
        }
    }
}
