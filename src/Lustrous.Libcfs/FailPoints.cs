namespace Lustrous.Libcfs;

/// <summary>
/// Failures on purpose: a place in the code asks whether it shall fail now, a test or an operator sets which place
/// and how often (<c>fail_loc</c>, <c>fail_val</c>). One per node; while nothing is set a check is one read.
/// </summary>
/// <remarks>Source: lnet/libcfs/fail.c.</remarks>
public sealed class FailPoints(SeededRandom random)
{
    const uint PlaceMask = 0xFFFF;
    const uint AnyValue = uint.MaxValue;

    readonly Lock _lock = new();
    volatile uint _location;    // written under _lock
    uint _value;                // guarded by _lock
    uint _count;                // guarded by _lock

    /// <summary><c>fail_loc</c>: a place in the lower 16 bits, <see cref="FailFlags"/> above; 0 for none. Setting it
    /// starts counting anew.</summary>
    public uint Location
    {
        get => _location;
        set
        {
            lock (_lock)
            {
                _location = value;
                _count = 0;
            }
        }
    }

    /// <summary><c>fail_val</c>: how many times, or for which object, as the place and the flags make of it.</summary>
    public uint Value
    {
        get
        {
            lock (_lock)
                return _value;
        }
        set
        {
            lock (_lock)
                _value = value;
        }
    }

    public bool HasFailed => (_location & (uint)FailFlags.Failed) != 0;

    public void Set(uint place, FailFlags flags = FailFlags.None, uint value = 0)
    {
        lock (_lock)
        {
            _value = value;
            Location = place | (uint)flags;
        }
    }

    public void Clear() => Set(0);

    /// <summary>Whether <paramref name="place"/> shall fail now (<c>CFS_FAIL_CHECK</c>).</summary>
    public bool Check(uint place) => Matches(place) && Fire(value: null);

    /// <summary>As <see cref="Check"/>, and never again, however it was set (<c>CFS_FAIL_CHECK_ORSET</c> with
    /// CFS_FAIL_ONCE).</summary>
    public bool CheckOnce(uint place)
    {
        if (!Matches(place))
            return false;
        lock (_lock)
        {
            if (!Fire(value: null))
                return false;
            _location |= (uint)FailFlags.Once;
            return true;
        }
    }

    /// <summary>Whether <paramref name="place"/> is set; nothing is counted (<c>CFS_FAIL_PRECHECK</c>).</summary>
    public bool IsSet(uint place) => Matches(place);

    /// <summary>As <see cref="Check"/>, but only for one object: <c>fail_val</c> is it, or −1
    /// (<c>CFS_FAIL_CHECK_VALUE</c>).</summary>
    public bool CheckValue(uint place, uint value) => Matches(place) && Fire(value);

    /// <summary>As <see cref="Check"/>; when it fires, another fail point is set in its stead
    /// (<c>CFS_FAIL_CHECK_RESET</c>).</summary>
    public bool CheckReset(uint place, uint nextLocation)
    {
        if (!Matches(place) || !Fire(value: null))
            return false;
        Location = nextLocation;
        return true;
    }

    bool Matches(uint place)
    {
        uint location = _location;
        return location != 0
            && ((location & PlaceMask) == (place & PlaceMask) || (location & place & (uint)FailFlags.Fault) != 0);
    }

    bool Fire(uint? value)
    {
        lock (_lock)
        {
            var flags = (FailFlags)(_location & ~PlaceMask);
            if (flags.HasFlag(FailFlags.Failed | FailFlags.Once))
                return false;
            if (flags.HasFlag(FailFlags.Random) && (_value < 2 || random.Next((int)Math.Min(_value, int.MaxValue)) > 0))
                return false;
            if (flags.HasFlag(FailFlags.Skip) && ++_count <= _value)
                return false;
            if (value is { } wanted && _value != AnyValue && _value != wanted)
                return false;
            if (flags.HasFlag(FailFlags.Some) && (!flags.HasFlag(FailFlags.Once) || _value <= 1) && ++_count >= _value)
            {
                // The last time: from now on it has failed once and for all.
                _location |= (uint)FailFlags.Once;
                _count = 0;
            }
            _location |= (uint)FailFlags.Failed;
            return true;
        }
    }
}
