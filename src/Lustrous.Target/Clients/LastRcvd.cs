using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Disk;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Wire;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Clients;

/// <summary>
/// What a target must not forget of itself and its clients (last_rcvd and reply_data): transaction numbers, and what
/// each client was answered, written with the transactions they are of.
/// </summary>
/// <remarks>
/// Lustre's structs, kept as records of indexes: a line each, so that a change costs what it changes. A line is made
/// when its client comes, and changed in place from then on: on a full device nothing is in the way of a removal.
/// Source: lustre/target/tgt_lastrcvd.c.
/// </remarks>
public sealed partial class LastRcvd
{
    /// <summary>As many as last_rcvd has lines for (<c>LR_MAX_CLIENTS</c>).</summary>
    public const int MaxClients = 32768;

    /// <summary>The lower bits of a transno count, the upper say in which life of the target
    /// (<c>LR_EPOCH_BITS</c>).</summary>
    public const int EpochBits = 32;

    // OBD_COMPAT_20, OBD_INCOMPAT_OST and so on of lustre/include/lustre_disk.h. What else stands on a disk is not ours
    // to change.
    const uint CompatV20 = 0x8;
    const uint IncompatOst = 0x2, IncompatMdt = 0x4, IncompatCommon = 0x8, IncompatFid = 0x10;
    const uint IncompatMultiRpcs = 0x400;
    const uint IncompatKnown = IncompatOst | IncompatMdt | IncompatCommon | IncompatFid | IncompatMultiRpcs;
    const int LineKeySize = sizeof(uint);

    readonly IDtDevice _device;
    readonly IDtObject _clients;
    readonly IDtObject _replies;
    readonly RankedLock _lock = new(11, "client_slots");
    readonly Dictionary<string, ClientSlot> _byUuid = new(StringComparer.Ordinal);     // guarded by _lock
    readonly LinePool _lines = new();           // guarded by _lock
    readonly LinePool _replyLines = new();      // guarded by _lock
    LrServerData _server;       // guarded by _lock
    uint _generation;           // guarded by _lock: the last one given
    int _replyDemand;           // guarded by _lock: lines that all clients together may use

    LastRcvd(IDtDevice device)
    {
        _device = device;
        _clients = device.Locate(DtLocalFid.LastReceived);
        _replies = device.Locate(DtLocalFid.ReplyData);
    }

    // Longer than the keys of lines, and not below any.
    static ReadOnlySpan<byte> ServerKey => "server"u8;

    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _byUuid.Count;
        }
    }

    /// <summary>Clients of the former life.</summary>
    public ClientSlot[] List()
    {
        using (_lock.Enter())
            return [.. _byUuid.Values];
    }

    /// <summary>The highest transno of the target's former life; 0 for none.</summary>
    public ulong LastTransno { get; private set; }

    /// <summary>How often the target has been started, this time included (<c>lsd_mount_count</c>).</summary>
    public ulong MountCount => _server.MountCount;

    /// <summary>Reads what there is, or begins it on a new disk, and counts the start.</summary>
    /// <returns>EINVAL: it is another target's, or a later version's, or broken; what the device says else.</returns>
    public static Result<LastRcvd> Open(IDtDevice device, LuTargetOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        var file = new LastRcvd(device);
        Errno error = file._clients.Exists ? file.Load(options) : file.Format(options);
        if (error == Errno.OK)
            error = file.CountStart();
        return error == Errno.OK ? file : error;
    }

    /// <summary>The client's slot, from this life or the last one; null when it is unknown.</summary>
    public ClientSlot? Find(string clientUuid)
    {
        using (_lock.Enter())
            return _byUuid.GetValueOrDefault(clientUuid);
    }

    /// <summary>Takes a client in; its line is on disk some time later (<see cref="ClientSlot.IsDurable"/>).</summary>
    /// <param name="clientUuid">Whom.</param>
    /// <param name="modificationsInFlight">At most, where the client numbers them; 0 where it has but one.</param>
    /// <returns>EOVERFLOW: there are too many; EEXIST; ENOSPC, EROFS: of the device.</returns>
    public Result<ClientSlot> Add(string clientUuid, int modificationsInFlight)
    {
        ArgumentNullException.ThrowIfNull(clientUuid);
        int replies = modificationsInFlight == 0 ? 0 : ReplyLinesOf(modificationsInFlight);
        if (!Text40.TryFrom(clientUuid, out Text40 uuid))
            return Errno.EINVAL;
        DtTransaction transaction = _device.Begin();
        Errno error = transaction.DeclareInsert(LineKeySize, Unsafe.SizeOf<LsdClientData>());
        if (error == Errno.OK && replies > 0)
            error = transaction.DeclareInsert(LineKeySize, Unsafe.SizeOf<LsdReplyDataV2>(), replies);
        if (error == Errno.OK)
            error = transaction.Start();
        ClientSlot? slot = null;
        if (error == Errno.OK)
        {
            using (_lock.Enter())
                error = Add(transaction, clientUuid, uuid, replies, out slot);
        }
        if (slot is not null)
        {
            transaction.OnCommit(
                static (slot, _, status) => ((ClientSlot)slot!).IsDurable = status == Errno.OK, slot);
        }
        transaction.Stop(error);
        return slot is null ? error : slot;
    }

    /// <summary>Lines of reply_data that a client may take: one request is being answered while the next has come,
    /// closes have a slot of their own, and one line is kept.</summary>
    internal static int ReplyLinesOf(int modificationsInFlight) => modificationsInFlight * 2 + 2;

    /// <summary>The client has left, or was thrown out.</summary>
    /// <param name="slot">Its.</param>
    /// <param name="lastTransno">Highest transno of the target: the line may have been the only place that had
    /// it.</param>
    public void Remove(ClientSlot slot, ulong lastTransno)
    {
        ArgumentNullException.ThrowIfNull(slot);
        DtTransaction transaction = _device.Begin();
        Errno error = transaction.Start();
        using (_lock.Enter())
        {
            if (!slot.IsRemoved)
            {
                slot.IsRemoved = true;
                _byUuid.Remove(slot.Uuid);
                if (error == Errno.OK)
                    error = WriteServer(transaction, lastTransno);
                if (error == Errno.OK)
                    error = RemoveLine(transaction, slot.Line);
                Free(slot);
            }
        }
        // Where it cannot be written the client is waited for after the next start, which harms nobody.
        transaction.Stop(error);
    }

    /// <summary>A new life of the target begins: its transaction numbers are above all of the former ones
    /// (tgt_boot_epoch_update).</summary>
    /// <param name="transaction">Started.</param>
    /// <param name="lastTransno">Highest so far.</param>
    /// <param name="first">The number that the next transno follows.</param>
    public Errno BeginEpoch(DtTransaction transaction, ulong lastTransno, out ulong first)
    {
        using (_lock.Enter())
        {
            uint epoch = (uint)(lastTransno >> EpochBits) + 1;
            first = (ulong)epoch << EpochBits;
            _server.StartEpoch = epoch;
            return WriteServer(transaction, first);
        }
    }

    Errno Add(DtTransaction transaction, string clientUuid, in Text40 uuid, int replies, out ClientSlot? slot)
    {
        slot = null;
        if (_byUuid.ContainsKey(clientUuid))
            return Errno.EEXIST;
        if (_byUuid.Count >= MaxClients)
            return Errno.EOVERFLOW;
        Errno error = MakeReplyLines(transaction, _replyDemand + replies);
        if (error == Errno.OK && replies > 0 && (_server.FeatureIncompat & IncompatMultiRpcs) == 0)
        {
            _server.FeatureIncompat |= IncompatMultiRpcs;
            error = WriteServer(transaction, _server.LastTransno);
        }
        if (error != Errno.OK)
            return error;
        uint line = _lines.Take();
        slot = new ClientSlot(clientUuid, line, replies > 0 ? ++_generation : 0);
        var data = new LsdClientData { Uuid = uuid, Generation = slot.Generation, LastEpoch = _server.StartEpoch };
        error = WriteLine(transaction, _clients, line, MemoryMarshal.AsBytes(new Span<LsdClientData>(ref data)));
        if (error != Errno.OK)
        {
            _lines.Return(line);
            slot = null;
            return error;
        }
        _replyDemand += replies;
        slot.ReplyLines = replies;
        _byUuid.Add(clientUuid, slot);
        return Errno.OK;
    }

    Errno Format(LuTargetOptions options)
    {
        if (!Text40.TryFrom(options.Uuid, out Text40 uuid))
            return Errno.EINVAL;
        bool isMdt = options.Kind == TargetKind.Mdt;
        _server = new LrServerData
        {
            Uuid = uuid,
            ServerSize = MdtConst.LR_SERVER_SIZE,
            ClientStart = MdtConst.LR_CLIENT_START,
            ClientSize = MdtConst.LR_CLIENT_SIZE,
            OsdIndex = options.Index,
            FeatureCompat = isMdt ? CompatV20 : 0,
            FeatureIncompat = IncompatCommon | (isMdt ? IncompatMdt | IncompatFid : IncompatOst),
        };
        DtTransaction transaction = _device.Begin();
        Errno error = transaction.DeclareCreate(2);
        if (error == Errno.OK)
            error = transaction.DeclareInsert(ServerKey.Length, Unsafe.SizeOf<LrServerData>());
        if (error == Errno.OK)
            error = transaction.Start();
        var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular | 0x180 };
        if (error == Errno.OK)
        {
            error = _clients.Create(
                transaction, attributes, DtObjectFormat.Index(ServerKey.Length, Unsafe.SizeOf<LrServerData>()));
        }
        if (error == Errno.OK)
        {
            error = _replies.Create(
                transaction, attributes, DtObjectFormat.Index(LineKeySize, Unsafe.SizeOf<LsdReplyDataV2>()));
        }
        if (error == Errno.OK)
            error = WriteServer(transaction, 0);
        transaction.Stop(error);
        return error;
    }

    Errno CountStart()
    {
        _server.MountCount++;
        DtTransaction transaction = _device.Begin();
        Errno error = transaction.Start();
        if (error == Errno.OK)
        {
            using (_lock.Enter())
                error = WriteServer(transaction, LastTransno);
        }
        transaction.Stop(error);
        // What may not be written can still be read; nothing is promised to its clients then.
        return error == Errno.EROFS ? Errno.OK : error;
    }

    Errno WriteServer(DtTransaction transaction, ulong lastTransno)
    {
        _server.LastTransno = Math.Max(_server.LastTransno, lastTransno);
        return _clients.IndexInsert(
            transaction, ServerKey, MemoryMarshal.AsBytes(new Span<LrServerData>(ref _server)), replace: true);
    }

    Errno RemoveLine(DtTransaction transaction, uint line)
    {
        Span<byte> key = stackalloc byte[LineKeySize];
        BinaryPrimitives.WriteUInt32BigEndian(key, line);
        return _clients.IndexRemove(transaction, key);
    }

    static Errno WriteLine(DtTransaction transaction, IDtObject file, uint line, ReadOnlySpan<byte> record)
    {
        Span<byte> key = stackalloc byte[LineKeySize];
        BinaryPrimitives.WriteUInt32BigEndian(key, line);
        return file.IndexInsert(transaction, key, record, replace: true);
    }
}
