using System.Numerics;

namespace Lustrous.Osd.Mem;

/// <summary>A pooled buffer cut into slots of one size, so that small pages lie close together. Guarded by the
/// allocator's lock.</summary>
sealed unsafe class MemSlab
{
    public const int Size = 64 << 10;

    PooledBuffer? _buffer;
    int _slots;
    UInt128 _free;

    public int SlotSize { get; private set; }

    public int FreeCount => BitOperations.PopCount((ulong)_free) + BitOperations.PopCount((ulong)(_free >> 64));

    public bool IsFull => _free == UInt128.Zero;

    public bool IsEmpty => FreeCount == _slots;

    public MemSlab? Previous { get; set; }

    public MemSlab? Next { get; set; }

    public byte* AddressOf(int slot) => _buffer!.Start + slot * SlotSize;

    public int Take()
    {
        int slot = (int)UInt128.TrailingZeroCount(_free);
        _free &= ~(UInt128.One << slot);
        return slot;
    }

    public void Return(int slot) => _free |= UInt128.One << slot;

    /// <summary>Begins with all slots free.</summary>
    public void Hold(PooledBuffer buffer, int slotSize)
    {
        _buffer = buffer;
        SlotSize = slotSize;
        _slots = Size / slotSize;
        _free = _slots == 128 ? UInt128.MaxValue : (UInt128.One << _slots) - 1;
    }

    /// <summary>Hands its memory over; the slab may hold another then.</summary>
    public PooledBuffer TakeBuffer()
    {
        PooledBuffer buffer = _buffer!;
        _buffer = null;
        return buffer;
    }
}
