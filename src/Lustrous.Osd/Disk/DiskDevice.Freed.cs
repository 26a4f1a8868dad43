using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// What transactions gave back, and is let go one commit later: whatever a crash brings back until then finds its data.
public sealed partial class DiskDevice
{
    void ReleaseFreed(List<DiskFreed> freed)
    {
        foreach (DiskFreed part in freed)
        {
            if (part.IsFile)
            {
                part.Object.RemoveFile();
                _unlinked.Add(part.Object.Number);
            }
            else
            {
                part.Object.Release(part.First, part.Count);
            }
            part.Object.DropUser();
        }
        freed.Clear();
    }

    /// <summary>The files are gone: so may be the keys that say they have to go.</summary>
    void RemoveDoomedKeys()
    {
        foreach (ulong number in _unlinked)
            DeleteDoomedKey(number);
        _unlinked.Clear();
        _ = _store.Apply(_doomed);
        _doomed.Clear();
    }

    void DeleteDoomedKey(ulong number)
    {
        Span<byte> key = stackalloc byte[DiskKey.PrefixSize];
        _doomed.Delete(DiskKey.OfNumber(DiskKey.Doomed, number, key));
    }
}
