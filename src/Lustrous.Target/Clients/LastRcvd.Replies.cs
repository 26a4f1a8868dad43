using System.Runtime.InteropServices;
using Lustrous.Idl.Disk;
using Lustrous.Idl.Wire;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Clients;

// What clients were answered: in their line where they have one modification in flight at a time, in lines of
// reply_data else (tgt_last_rcvd_update, tgt_add_reply_data).
public sealed partial class LastRcvd
{
    /// <summary>Notes a transno with its request, as part of the transaction that it numbers.</summary>
    /// <param name="transaction">Started.</param>
    /// <param name="slot">The client's; null where it does not recover: then the target alone remembers the
    /// number.</param>
    /// <param name="record">What to keep.</param>
    public Errno Record(DtTransaction transaction, ClientSlot? slot, in ReplyRecord record)
    {
        using (_lock.Enter())
        {
            if (slot is null || slot.IsRemoved)
                return WriteServer(transaction, record.Transno);
            slot.LastTransno = Math.Max(slot.LastTransno, record.Transno);
            return slot.Generation != 0
                ? WriteReply(transaction, slot, record)
                : WriteClient(transaction, slot, record);
        }
    }

    /// <summary>What was kept of the reply to a request.</summary>
    public bool TryFind(ClientSlot slot, ulong xid, out ReplyRecord record)
    {
        ArgumentNullException.ThrowIfNull(slot);
        using (_lock.Enter())
        {
            if (FindReply(slot, xid) is { } reply)
            {
                record = reply.Record;
                return true;
            }
            record = slot.LastClose.Xid == xid ? slot.LastClose : slot.Last;
            return xid != 0 && record.Xid == xid;
        }
    }

    /// <summary>The client has all replies up to <paramref name="xid"/>: what was kept of them goes
    /// (tgt_handle_received_xid).</summary>
    public void Acknowledge(ClientSlot slot, ulong xid)
    {
        ArgumentNullException.ThrowIfNull(slot);
        using (_lock.Enter())
        {
            for (int i = slot.Replies.Count - 1; i >= 0; i--)
            {
                if (slot.Replies[i].Record.Xid <= xid)
                    Release(slot, i);
            }
        }
    }

    Errno WriteClient(DtTransaction transaction, ClientSlot slot, in ReplyRecord record)
    {
        ref ReplyRecord kept = ref (record.IsClose ? ref slot.LastClose : ref slot.Last);
        // Replies overtake each other on an OST, and a number never goes back.
        ulong transno = Math.Max(kept.Transno, record.Transno);
        kept = record with { Transno = transno };
        var data = new LsdClientData
        {
            Uuid = Text40.From(slot.Uuid),
            LastTransno = slot.Last.Transno,
            LastXid = slot.Last.Xid,
            LastData = (uint)slot.Last.Data,
            LastCloseTransno = slot.LastClose.Transno,
            LastCloseXid = slot.LastClose.Xid,
            PreVersions = slot.Last.PreVersions,
            LastEpoch = _server.StartEpoch,
        };
        return WriteLine(transaction, _clients, slot.Line, MemoryMarshal.AsBytes(new Span<LsdClientData>(ref data)));
    }

    Errno WriteReply(DtTransaction transaction, ClientSlot slot, in ReplyRecord record)
    {
        // A client uses a slot again once it has the reply to what went through it before.
        if (record.Tag != 0 && !record.IsRepeated)
        {
            for (int i = slot.Replies.Count - 1; i >= 0; i--)
            {
                if (slot.Replies[i].Record.Tag == record.Tag)
                    Release(slot, i);
            }
        }
        // A replay of what is on disk already, such as of an open that is kept, has its line.
        ReplyData? reply = FindReply(slot, record.Xid);
        if (reply is null)
        {
            reply = slot.Spare ?? new ReplyData();
            slot.Spare = null;
            reply.Line = _replyLines.Take();
            slot.Replies.Add(reply);
        }
        reply.Record = record;
        var data = new LsdReplyDataV2
        {
            Transno = record.Transno,
            Xid = record.Xid,
            Data = record.Data,
            ClientGeneration = slot.Generation,
        };
        return WriteLine(
            transaction, _replies, reply.Line, MemoryMarshal.AsBytes(new Span<LsdReplyDataV2>(ref data)));
    }

    static ReplyData? FindReply(ClientSlot slot, ulong xid)
    {
        foreach (ReplyData reply in slot.Replies)
        {
            if (reply.Record.Xid == xid)
                return reply;
        }
        return null;
    }

    /// <summary>A reply is not needed any more; the line with the highest number stays until there is a higher one,
    /// as the number is written nowhere else (tgt_release_reply_data).</summary>
    void Release(ClientSlot slot, int index)
    {
        ReplyData reply = slot.Replies[index];
        slot.Replies.RemoveAt(index);
        if (reply.Record.Transno < slot.LastTransno)
        {
            Free(slot, reply);
            return;
        }
        if (slot.Kept is { } earlier)
            Free(slot, earlier);
        slot.Kept = reply;
    }

    void Free(ClientSlot slot, ReplyData reply)
    {
        _replyLines.Return(reply.Line);
        slot.Spare = reply;
    }

    /// <summary>Of a client that has gone. Its lines are void without its line in last_rcvd.</summary>
    void Free(ClientSlot slot)
    {
        foreach (ReplyData reply in slot.Replies)
            _replyLines.Return(reply.Line);
        if (slot.Kept is { } kept)
            _replyLines.Return(kept.Line);
        slot.Replies.Clear();
        slot.Kept = null;
        _lines.Return(slot.Line);
        _replyDemand -= slot.ReplyLines;
    }

    /// <summary>Makes lines, so that none takes room later.</summary>
    Errno MakeReplyLines(DtTransaction transaction, int count)
    {
        LsdReplyDataV2 empty = default;
        while (_replyLines.Count < count)
        {
            Errno error = WriteLine(
                transaction, _replies, _replyLines.Count, MemoryMarshal.AsBytes(new Span<LsdReplyDataV2>(ref empty)));
            if (error != Errno.OK)
                return error;
            _replyLines.AddFree();
        }
        return Errno.OK;
    }
}
