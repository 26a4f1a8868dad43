using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Clients;

/// <summary>Client slots that are gone when the target stops.</summary>
public sealed class MemoryClientSlots : IClientSlots
{
    /// <summary>As many as last_rcvd has lines for (<c>LR_MAX_CLIENTS</c>).</summary>
    public const int MaxClients = 32768;

    readonly RankedLock _lock = new(11, "client_slots");
    readonly Dictionary<string, ClientSlot> _byUuid = new(StringComparer.Ordinal);     // guarded by _lock
    readonly SortedSet<int> _free = [];     // guarded by _lock: lines that were used before
    int _next;                              // guarded by _lock

    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _byUuid.Count;
        }
    }

    public ulong LastTransno => 0;

    public ClientSlot? Find(string clientUuid)
    {
        using (_lock.Enter())
            return _byUuid.GetValueOrDefault(clientUuid);
    }

    public Result<ClientSlot> Add(string clientUuid, ulong cookie, ulong remoteHandle)
    {
        using (_lock.Enter())
        {
            if (_byUuid.Count >= MaxClients)
                return Errno.ENOSPC;
            if (_byUuid.ContainsKey(clientUuid))
                return Errno.EEXIST;
            int index = _free.Count > 0 ? _free.Min : _next++;
            _free.Remove(index);
            var slot = new ClientSlot(clientUuid, index, cookie) { RemoteHandle = remoteHandle };
            _byUuid.Add(clientUuid, slot);
            return slot;
        }
    }

    public void Remove(ClientSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        using (_lock.Enter())
        {
            if (_byUuid.GetValueOrDefault(slot.Uuid) != slot)
                return;
            _byUuid.Remove(slot.Uuid);
            _free.Add(slot.Index);
        }
    }

    public Errno Declare(DtTransaction transaction) => Errno.OK;

    public void Record(DtTransaction transaction, ClientSlot? slot, ulong transno, ulong xid, ushort tag)
    {
        if (slot is null)
            return;
        slot.LastTransno = Math.Max(slot.LastTransno, transno);
        slot.LastXid = xid;
    }
}
