using Lustrous.Idl.Fids;

namespace Lustrous.Osd.Disk;

/// <summary>The highest object of one sequence of FIDs that ever was: those above it need not be looked for. Known of
/// the sequences in which objects were made since the device was opened.</summary>
sealed class DiskSequence(uint highest)
{
    uint _highest = highest;

    public bool MayHave(in Fid fid) => fid.ObjectId <= Volatile.Read(ref _highest);

    /// <summary>Before it is found by others.</summary>
    public void Raise(uint objectId)
    {
        uint seen = Volatile.Read(ref _highest);
        while (seen < objectId)
        {
            uint found = Interlocked.CompareExchange(ref _highest, objectId, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }
}
