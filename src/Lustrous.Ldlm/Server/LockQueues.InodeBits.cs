using System.Numerics;
using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Server;

// Parts of an inode: how many hold each of them in each mode, so that a directory which thousands look at costs none of
// them a walk over all others.
sealed partial class LockQueues
{
    const int BitCount = LdlmConst.MDS_INODELOCK_NUMBITS;

    readonly int[] _grantedByBit = type == LockType.Ibits ? new int[ModeCount * BitCount] : [];

    void CountBits(InodeBits bits, int mode, int change)
    {
        for (ulong left = (ulong)bits; left != 0; left &= left - 1)
            _grantedByBit[mode * BitCount + BitOperations.TrailingZeroCount(left)] += change;
    }

    InodeBits GrantedBits(int mode)
    {
        ulong bits = 0;
        for (int bit = 0; bit < BitCount; bit++)
        {
            if (_grantedByBit[mode * BitCount + bit] != 0)
                bits |= 1UL << bit;
        }
        return (InodeBits)bits;
    }

    /// <summary>The bits it would like that nobody in conflict holds or needs.</summary>
    InodeBits FreeTryBits(ServerLock wanted)
    {
        InodeBits free = wanted.Policy.InodeBits.TryOrCancelBits;
        if (free == 0)
            return 0;
        for (int mode = 0; mode < ModeCount; mode++)
        {
            if (_grantedByMode[mode] != 0 && !LockModes.AreCompatible(wanted.RequestedMode, (LockMode)(1 << mode)))
                free &= ~GrantedBits(mode);
        }
        for (ServerLock? other = _waiting.First; other is not null && free != 0; other = other.NextInQueue)
        {
            if (!ReferenceEquals(other, wanted)
                && !LockModes.AreCompatible(wanted.RequestedMode, other.RequestedMode))
            {
                free &= ~other.Bits;
            }
        }
        return free;
    }

    /// <summary>A lock that has to wait gives up for good what it would have liked and somebody has: when its turn
    /// comes others will want that again (ldlm_inodebits_compat_queue).</summary>
    void KeepFreeTryBits(ServerLock wanted)
    {
        LdlmInodeBits bits = wanted.Policy.InodeBits;
        bits.TryOrCancelBits = FreeTryBits(wanted);
        wanted.Policy = wanted.Policy with { InodeBits = bits };
    }

    void TakeTryBits(ServerLock wanted)
    {
        LdlmInodeBits bits = wanted.Policy.InodeBits;
        if (bits.TryOrCancelBits == 0)
            return;
        InodeBits granted = bits.Bits | FreeTryBits(wanted);
        if (granted != bits.Bits)
            wanted.Flags |= LockFlags.LOCK_CHANGED;
        bits.Bits = granted;
        bits.TryOrCancelBits = 0;
        wanted.Policy = wanted.Policy with { InodeBits = bits };
    }
}
