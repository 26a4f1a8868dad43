using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;

namespace Lustrous.Target;

// Numbers of transactions: given as they stop, under one lock with their place in the line of commits, so that
// last_committed never covers a number that is not durable (tgt_txn_stop_cb, tgt_cb_last_committed of
// lustre/target/tgt_lastrcvd.c).
public sealed partial class LuTarget : IDtTransactionHooks
{
    static readonly DtCommitCallback s_committed =
        static (target, _, status) => ((LuTarget)target!).OnCommitted(status);

    readonly RankedLock _transnoLock = new(10, "lut_translock");
    readonly Queue<(ulong Transno, Export? Export)> _uncommitted = new();   // guarded by _transnoLock, in their order
    ulong _lastTransno;         // guarded by _transnoLock
    ulong _lastCommitted;       // guarded by _transnoLock

    /// <summary>The highest transno given.</summary>
    public ulong LastTransno
    {
        get
        {
            using (_transnoLock.Enter())
                return _lastTransno;
        }
    }

    /// <summary>All transactions up to this are durable (<c>obd_last_committed</c>).</summary>
    public ulong LastCommitted
    {
        get
        {
            using (_transnoLock.Enter())
                return _lastCommitted;
        }
    }

    /// <summary>
    /// A transaction of the device for a request. When it stops without an error it gets the next transno, which goes
    /// into <see cref="ServerRequest.ReplyTransno"/>; when it is durable the client's last_committed moves.
    /// </summary>
    /// <param name="request">What it is for; null for the target's own doing, which has no transno.</param>
    public DtTransaction Begin(ServerRequest? request)
    {
        DtTransaction transaction = Device.Begin();
        if (request is not null)
        {
            transaction.Hooks = this;
            transaction.Owner = request;
        }
        return transaction;
    }

    /// <summary>What was kept of the answer to a request of this number, be it of a former life.</summary>
    public bool TryFindReply(ServerRequest request, out ReplyRecord record)
    {
        ArgumentNullException.ThrowIfNull(request);
        record = default;
        return Slots is { } slots && request.Export?.TargetData is TargetExport { Slot: { } slot }
            && slots.TryFind(slot, request.Xid, out record);
    }

    /// <summary>A transno for a request that changed nothing but has to be replayed, as an open
    /// (mdt_empty_transno).</summary>
    public Errno EmptyTransaction(ServerRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        DtTransaction transaction = Begin(request);
        Errno error = transaction.Start();
        transaction.Stop(error);
        return error;
    }

    // Lines of last_rcvd and reply_data are changed in place, which takes no room.
    Errno IDtTransactionHooks.Starting(DtTransaction transaction) => Errno.OK;

    void IDtTransactionHooks.Stopping(DtTransaction transaction, Errno result)
    {
        var request = (ServerRequest)transaction.Owner!;
        if (result != Errno.OK)
        {
            transaction.Finish();
            return;
        }
        Export? export = request.Export;
        ulong transno;
        using (_transnoLock.Enter())
        {
            // A replayed request keeps the number it had.
            bool isReplay = (request.Flags & MsgFlags.REPLAY) != 0 && request.Transno != 0;
            transno = isReplay ? request.Transno : _lastTransno + 1;
            _lastTransno = Math.Max(_lastTransno, transno);
            _uncommitted.Enqueue((transno, export));
            SetVersion(transaction, request, transno);
            Record(transaction, request, transno);
            transaction.OnCommit(s_committed, this);
            transaction.Finish();
        }
        request.ReplyTransno = transno;
    }

    void Record(DtTransaction transaction, ServerRequest request, ulong transno)
    {
        if (Slots is not { } slots)
            return;
        Errno error = slots.Record(transaction, (request.Export?.TargetData as TargetExport)?.Slot, new ReplyRecord
        {
            Xid = request.Xid,
            Transno = transno,
            Data = request.OperationData,
            PreVersions = request.ReplyVersions,
            Tag = request.Tag,
            IsClose = request.Opcode == (uint)MdsOpcode.Close,
            IsRepeated = (request.Flags & (MsgFlags.RESENT | MsgFlags.REPLAY)) != 0,
        });
        if (error != Errno.OK)
            _context.Log.Error(Name, $"the answer to {request} cannot be kept for a restart: {error}");
    }

    /// <summary>From here on transnos are above all that a former life gave, committed or not.</summary>
    Errno BeginEpoch()
    {
        DtTransaction transaction = Device.Begin();
        Errno error = transaction.Start();
        if (error == Errno.OK)
        {
            using (_transnoLock.Enter())
            {
                error = Slots!.BeginEpoch(transaction, _lastTransno, out ulong first);
                if (error == Errno.OK)
                    _lastTransno = first;
            }
        }
        transaction.Stop(error);
        return error;
    }

    void OnCommitted(Errno status)
    {
        ulong transno;
        Export? export;
        using (_transnoLock.Enter())
        {
            (transno, export) = _uncommitted.Dequeue();
            if (status == Errno.OK)
                _lastCommitted = Math.Max(_lastCommitted, transno);
        }
        if (export is not null && status == Errno.OK)
            export.LastCommitted = transno;
    }
}
