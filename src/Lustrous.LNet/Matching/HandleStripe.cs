using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Matching;

/// <summary>
/// Part of the table of free-floating descriptors, by wire handle, and of those that wait for a response, by deadline
/// (<c>struct lnet_res_container</c>, <c>ln_mt_rstq</c>). Several stripes keep threads out of each other's way.
/// </summary>
sealed class HandleStripe(int index, ulong interfaceCookie, SeededRandom random)
    : MdOwner(new RankedLock(22, "lnet_handles"))
{
    public const int Count = 16;

    // An object cookie is generation (40 bits), slot (20), stripe (4). A slot's generation starts at random and moves
    // on with every use, so a stale or forged handle finds nothing.
    const int StripeBits = 4;
    const int SlotBits = 20;

    // all guarded by Lock
    MemoryDescriptor?[] _slots = new MemoryDescriptor?[16];
    ulong[] _generations = new ulong[16];
    int[] _free = new int[16];
    int _freeCount;
    int _used;
    MemoryDescriptor? _firstTracked, _lastTracked;

    public static int StripeOf(ulong objectCookie) => (int)(objectCookie & (Count - 1));

    /// <summary>Gives a descriptor a handle; false when the table is full.</summary>
    public bool Link(MemoryDescriptor md)
    {
        if (_freeCount == 0 && !Extend())
            return false;
        int slot = _free[--_freeCount];
        _slots[slot] = md;
        md.Slot = slot;
        md.Handle = new(
            interfaceCookie,
            _generations[slot] << (SlotBits + StripeBits) | (ulong)slot << StripeBits | (uint)index);
        md.ResponseType = LNetMessageType.Hello;    // nothing is waited for yet
        md.ResetLink(this);
        return true;
    }

    public MemoryDescriptor? Find(in WireHandle handle)
    {
        if (handle.InterfaceCookie != interfaceCookie)
            return null;
        int slot = (int)(handle.ObjectCookie >> StripeBits) & ((1 << SlotBits) - 1);
        MemoryDescriptor? md = slot < _used ? _slots[slot] : null;
        return md is not null && md.Handle == handle ? md : null;
    }

    public override void Hide(MemoryDescriptor md)
    {
        int slot = md.Slot;
        if (slot < 0 || _slots[slot] != md)
            return;
        _slots[slot] = null;
        _generations[slot]++;
        _free[_freeCount++] = slot;
        md.Slot = -1;
        Untrack(md);
    }

    /// <summary>Any descriptor still linked here.</summary>
    public MemoryDescriptor? Any()
    {
        for (int i = 0; i < _used; i++)
        {
            if (_slots[i] is { } md)
                return md;
        }
        return null;
    }

    /// <summary>
    /// Waits for its response until <paramref name="deadline"/>, which never lies before that of an earlier call.
    /// </summary>
    public void Track(MemoryDescriptor md, long deadline)
    {
        Untrack(md);
        md.Tracked = true;
        md.Deadline = deadline;
        md.PreviousTracked = _lastTracked;
        if (_lastTracked is null)
            _firstTracked = md;
        else
            _lastTracked.NextTracked = md;
        _lastTracked = md;
    }

    public override void Untrack(MemoryDescriptor md)
    {
        if (!md.Tracked)
            return;
        md.Tracked = false;
        if (md.PreviousTracked is null)
            _firstTracked = md.NextTracked;
        else
            md.PreviousTracked.NextTracked = md.NextTracked;
        if (md.NextTracked is null)
            _lastTracked = md.PreviousTracked;
        else
            md.NextTracked.PreviousTracked = md.PreviousTracked;
        md.PreviousTracked = md.NextTracked = null;
    }

    /// <summary>The descriptor that waits longest; null when none does.</summary>
    public MemoryDescriptor? OldestTracked => _firstTracked;

    bool Extend()
    {
        if (_used == 1 << SlotBits)
            return false;
        if (_used == _slots.Length)
        {
            Array.Resize(ref _slots, _used * 2);
            Array.Resize(ref _generations, _used * 2);
            Array.Resize(ref _free, _used * 2);
        }
        _generations[_used] = random.NextUInt64() & ((1UL << (64 - SlotBits - StripeBits)) - 1);
        _free[_freeCount++] = _used++;
        return true;
    }
}
