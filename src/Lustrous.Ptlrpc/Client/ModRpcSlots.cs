using System.Numerics;

namespace Lustrous.Ptlrpc.Client;

/// <summary>
/// Limits how many modifying requests are under way, and gives each a tag of its own: the server keeps one saved reply
/// per tag, so two requests that shared one would spoil each other's resend (<c>cl_mod_tag_bitmap</c>).
/// </summary>
/// <remarks>
/// One close may go beyond the limit: it may have to end before others can (bug 3462). Guarded by imp_lock.
/// Source: obd_get_mod_rpc_slot in lustre/obdclass/genops.c.
/// </remarks>
public sealed class ModRpcSlots
{
    /// <summary><c>OBD_MAX_RIF_MAX</c></summary>
    public const int MaxTags = 512;

    readonly ulong[] _taken = new ulong[MaxTags / 64];
    int _limit = 1;
    int _closes;

    public int InFlight { get; private set; }

    /// <summary>Most modifying requests at once; takes effect as slots come back.</summary>
    public int Limit
    {
        get => _limit;
        set => _limit = Math.Clamp(value, 1, MaxTags - 1);
    }

    public bool IsAvailable(bool isClose) => InFlight < _limit || (isClose && _closes == 0 && InFlight < MaxTags);

    /// <summary>A tag from 1 on, the lowest that is free; 0 when the request has to wait.</summary>
    public ushort TryTake(bool isClose)
    {
        if (!IsAvailable(isClose))
            return 0;
        for (int word = 0; word < _taken.Length; word++)
        {
            int bit = BitOperations.TrailingZeroCount(~_taken[word]);
            if (bit == 64)
                continue;
            _taken[word] |= 1UL << bit;
            InFlight++;
            if (isClose)
                _closes++;
            return (ushort)(word * 64 + bit + 1);
        }
        return 0;
    }

    public void Return(ushort tag, bool isClose)
    {
        int index = tag - 1;
        Lassert.That((uint)index < MaxTags && (_taken[index / 64] & 1UL << (index % 64)) != 0);
        _taken[index / 64] &= ~(1UL << (index % 64));
        InFlight--;
        if (isClose)
            _closes--;
    }
}
