using Lustrous.Idl.LNet;

namespace Lustrous.Obdclass.Devices;

/// <summary>Which NIDs a server's name stands for (<c>add_uuid</c>); a server with several interfaces has
/// several.</summary>
/// <remarks>Source: lustre/obdclass/lustre_peer.c.</remarks>
public sealed class UuidTable
{
    const int MaxNids = 32; // MTI_NIDS_MAX

    readonly RankedLock _lock = new(71, "g_uuid_lock");
    readonly Dictionary<string, List<Nid>> _nids = new(StringComparer.Ordinal); // guarded by _lock

    /// <summary>Adds a NID; naming one again changes nothing. EINVAL without a name, E2BIG beyond 32 of them.</summary>
    public Errno Add(string uuid, Nid nid)
    {
        if (uuid.Length == 0)
            return Errno.EINVAL;
        using (_lock.Enter())
        {
            if (!_nids.TryGetValue(uuid, out List<Nid>? nids))
                _nids.Add(uuid, nids = []);
            if (nids.Contains(nid))
                return Errno.OK;
            if (nids.Count == MaxNids)
                return Errno.E2BIG;
            nids.Add(nid);
            return Errno.OK;
        }
    }

    /// <summary>Forgets a name, or all of them when it is null; EINVAL when there is no such name.</summary>
    public Errno Remove(string? uuid)
    {
        using (_lock.Enter())
        {
            if (uuid is null)
            {
                _nids.Clear();
                return Errno.OK;
            }
            return _nids.Remove(uuid) ? Errno.OK : Errno.EINVAL;
        }
    }

    /// <summary>The NIDs of a name in the order they were added; none when it is unknown.</summary>
    public IReadOnlyList<Nid> Find(string uuid)
    {
        using (_lock.Enter())
            return _nids.TryGetValue(uuid, out List<Nid>? nids) ? [.. nids] : [];
    }
}
