namespace Lustrous.Osd.Mem;

/// <summary>
/// A piece of memory that bodies and readers share: 64 KiB of its own, or a slot of a slab. Counted: each page of a
/// body
/// in it is a reference, and so is each loan. What it holds changes only while the body has the only reference.
/// </summary>
sealed unsafe class MemRun
{
    int _references;

    public byte* Start { get; private set; }

    public int Length { get; private set; }

    /// <summary>The device's zeros: never freed, not counted, never written.</summary>
    public bool IsZero { get; private set; }

    public PooledBuffer? Buffer { get; private set; }

    public MemSlab? Slab { get; private set; }

    public int Slot { get; private set; }

    public MemRun? NextFree { get; set; }

    /// <summary>Nobody else has it: it may be written.</summary>
    public bool IsSole => Volatile.Read(ref _references) == 1 && !IsZero;

    public Span<byte> Span => new(Start, Length);

    public void Hold(PooledBuffer buffer, int length)
    {
        Buffer = buffer;
        Start = buffer.Start;
        Length = length;
        _references = 1;
    }

    public void Hold(MemSlab slab, int slot)
    {
        Slab = slab;
        Slot = slot;
        Start = slab.AddressOf(slot);
        Length = slab.SlotSize;
        _references = 1;
    }

    public void HoldZeros(PooledBuffer buffer)
    {
        buffer.Span.Clear();
        Hold(buffer, buffer.Capacity);
        IsZero = true;
    }

    public void Clear()
    {
        Buffer = null;
        Slab = null;
        Start = null;
        Length = 0;
    }

    public void AddReferences(int count = 1)
    {
        if (!IsZero)
            Interlocked.Add(ref _references, count);
    }

    /// <summary>Whether that was the last one.</summary>
    public bool Drop(int count = 1)
    {
        if (IsZero)
            return false;
        int left = Interlocked.Add(ref _references, -count);
        Lassert.That(left >= 0, "a page was released twice");
        return left == 0;
    }
}
