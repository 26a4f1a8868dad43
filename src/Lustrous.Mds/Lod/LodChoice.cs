using Lustrous.Clients.Osp;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Lod;

/// <summary>
/// Which OSTs a new file goes to: in turn while all have about as much room, else at random with a chance that follows
/// their room. Decides only; what it returns is a list to be tried in order.
/// </summary>
/// <remarks>Source: lod_alloc_rr, lod_alloc_qos and ltd_qos_penalties_calc of lustre/lod/lod_qos.c and
/// lustre/obdclass/lu_tgt_descs.c.</remarks>
sealed class LodChoice(SeededRandom random, int thresholdPercent, int priorityFreePercent)
{
    const StatfsState Unfit = StatfsState.ENOSPC | StatfsState.ENOINO | StatfsState.READONLY | StatfsState.NOCREATE;

    readonly RankedLock _lock = new(6, "lod_rr");
    int _next;      // guarded by _lock

    /// <summary>Whether new objects should go there.</summary>
    public static bool IsFit(OspDevice ost) => ost.IsUsable && (ost.Statfs.State & Unfit) == 0;

    /// <summary>The fit ones in the order to try them; the turn moves on by <paramref name="count"/>.</summary>
    public List<OspDevice> Order(IReadOnlyList<OspDevice> osts, int count)
    {
        List<OspDevice> fit = [.. osts.Where(IsFit)];
        if (fit.Count <= 1)
            return fit;
        return IsBalanced(fit) ? InTurn(osts, fit, count) : Weighted(fit);
    }

    /// <summary>The least full has little more room than the fullest (ltd_qos_is_balanced).</summary>
    bool IsBalanced(List<OspDevice> fit)
    {
        ulong most = 0, least = ulong.MaxValue;
        foreach (OspDevice ost in fit)
        {
            ulong free = FreeBytes(ost.Statfs);
            (most, least) = (Math.Max(most, free), Math.Min(least, free));
        }
        return least >= most / 100 * (ulong)(100 - thresholdPercent);
    }

    List<OspDevice> InTurn(IReadOnlyList<OspDevice> osts, List<OspDevice> fit, int count)
    {
        int start;
        using (_lock.Enter())
        {
            start = _next % osts.Count;
            _next = (start + count) % osts.Count;
        }
        // Turns are counted over all OSTs, so that one that drops out for a while does not shift the others.
        int first = fit.FindIndex(ost => IndexIn(osts, ost) >= start);
        if (first < 0)
            first = 0;
        return [.. fit[first..], .. fit[..first]];
    }

    List<OspDevice> Weighted(List<OspDevice> fit)
    {
        var rest = new List<(OspDevice Ost, double Weight)>(fit.Count);
        double total = 0;
        foreach (OspDevice ost in fit)
        {
            // With priority 100 % only room counts, with 0 % all are alike.
            double weight = FreeBytes(ost.Statfs) * (priorityFreePercent / 100.0) + 1;
            rest.Add((ost, weight));
            total += weight;
        }
        double even = total / fit.Count * (100 - priorityFreePercent) / 100.0;
        var order = new List<OspDevice>(fit.Count);
        total += even * fit.Count;
        while (rest.Count > 0)
        {
            double draw = random.NextDouble() * total;
            int at = 0;
            while (at < rest.Count - 1 && draw >= rest[at].Weight + even)
                draw -= rest[at++].Weight + even;
            total -= rest[at].Weight + even;
            order.Add(rest[at].Ost);
            rest.RemoveAt(at);
        }
        return order;
    }

    static int IndexIn(IReadOnlyList<OspDevice> osts, OspDevice ost)
    {
        for (int i = 0; i < osts.Count; i++)
        {
            if (ReferenceEquals(osts[i], ost))
                return i;
        }
        return -1;
    }

    static ulong FreeBytes(in ObdStatfs statfs) => statfs.BlocksAvailable * statfs.BlockSize;
}
