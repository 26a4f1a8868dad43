using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Clients;

/// <summary>
/// The clients a target has to know again after a restart, and the numbers it gave them (last_rcvd and reply_data). In
/// memory for now; the disk fills the same contract.
/// </summary>
public interface IClientSlots
{
    int Count { get; }

    /// <summary>The client's slot, from this life or the last one; null when it is unknown.</summary>
    ClientSlot? Find(string clientUuid);

    /// <summary>Takes a client in. ENOSPC: no slot is free.</summary>
    Result<ClientSlot> Add(string clientUuid, ulong cookie, ulong remoteHandle);

    /// <summary>The client has left, or was thrown out.</summary>
    void Remove(ClientSlot slot);

    /// <summary>Reserves what <see cref="Record"/> writes. ENOSPC.</summary>
    Errno Declare(DtTransaction transaction);

    /// <summary>Notes a transno with its request, as part of the transaction that it numbers.</summary>
    void Record(DtTransaction transaction, ClientSlot? slot, ulong transno, ulong xid, ushort tag);

    /// <summary>The last transno of the target's former life; 0 for none.</summary>
    ulong LastTransno { get; }
}
