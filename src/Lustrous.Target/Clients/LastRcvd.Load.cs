using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Disk;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Clients;

// What a former life has left (tgt_server_data_init, tgt_clients_data_init, tgt_reply_data_init).
public sealed partial class LastRcvd
{
    Errno Load(LuTargetOptions options)
    {
        Result<int> read = _clients.IndexLookup(ServerKey, MemoryMarshal.AsBytes(new Span<LrServerData>(ref _server)));
        if (read.Failed)
            return read.Error == Errno.ENOENT ? Errno.EINVAL : read.Error;
        if (read.Value != Unsafe.SizeOf<LrServerData>() || _server.Uuid.ToString() != options.Uuid
            || _server.OsdIndex != options.Index || (_server.FeatureIncompat & ~IncompatKnown) != 0)
            return Errno.EINVAL;
        LastTransno = _server.LastTransno;
        using (_lock.Enter())
        {
            Errno error = LoadClients();
            return error == Errno.OK ? LoadReplies() : error;
        }
    }

    Errno LoadClients()
    {
        var used = new HashSet<uint>();
        var key = new LineKey();
        uint count = 0;
        while (true)
        {
            LsdClientData data = default;
            Errno error = Next(_clients, ref key, MemoryMarshal.AsBytes(new Span<LsdClientData>(ref data)));
            if (error == Errno.ENOENT)
                break;
            if (error != Errno.OK)
                return error;
            string uuid = data.Uuid.ToString();
            var slot = new ClientSlot(uuid, key.Line, data.Generation)
            {
                IsDurable = true,
                LastTransno = Math.Max(data.LastTransno, data.LastCloseTransno),
                Last = new ReplyRecord
                {
                    Xid = data.LastXid,
                    Transno = data.LastTransno,
                    Data = data.LastData,
                    PreVersions = data.PreVersions,
                },
                LastClose = new ReplyRecord
                {
                    Xid = data.LastCloseXid,
                    Transno = data.LastCloseTransno,
                    IsClose = true,
                },
            };
            if (uuid.Length == 0 || key.Line >= MaxClients || !_byUuid.TryAdd(uuid, slot))
                return Errno.EINVAL;
            used.Add(key.Line);
            count = key.Line + 1;
            _generation = Math.Max(_generation, data.Generation);
            LastTransno = Math.Max(LastTransno, slot.LastTransno);
        }
        _lines.Load(used, count);
        return Errno.OK;
    }

    Errno LoadReplies()
    {
        Dictionary<uint, ClientSlot> byGeneration =
            _byUuid.Values.Where(slot => slot.Generation != 0).ToDictionary(slot => slot.Generation);
        var used = new HashSet<uint>();
        var key = new LineKey();
        uint count = 0;
        while (true)
        {
            LsdReplyDataV2 data = default;
            Errno error = Next(_replies, ref key, MemoryMarshal.AsBytes(new Span<LsdReplyDataV2>(ref data)));
            if (error == Errno.ENOENT)
                break;
            if (error != Errno.OK)
                return error;
            count = key.Line + 1;
            // Of a client that has gone, or never used.
            if (!byGeneration.TryGetValue(data.ClientGeneration, out ClientSlot? slot) || data.Xid == 0)
                continue;
            used.Add(key.Line);
            slot.Replies.Add(new ReplyData
            {
                Line = key.Line,
                Record = new ReplyRecord { Xid = data.Xid, Transno = data.Transno, Data = data.Data },
            });
            slot.LastTransno = Math.Max(slot.LastTransno, data.Transno);
            LastTransno = Math.Max(LastTransno, data.Transno);
        }
        _replyLines.Load(used, count);
        // How many each of them may use is not on disk: as many as any may. What others have left is for who comes.
        foreach (ClientSlot slot in byGeneration.Values)
        {
            slot.ReplyLines = Math.Max(slot.Replies.Count, ReplyLinesOf(TargetConnect.MaxModifyRpcs));
            _replyDemand += slot.ReplyLines;
        }
        return Errno.OK;
    }

    /// <summary>The next line; ENOENT behind the last one, EINVAL for a record of another length.</summary>
    static Errno Next(IDtObject file, ref LineKey key, Span<byte> record)
    {
        Span<byte> at = stackalloc byte[LineKeySize];
        Span<byte> found = stackalloc byte[16];
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<LrServerData>()];
        BinaryPrimitives.WriteUInt32BigEndian(at, key.Line);
        Errno error = file.IndexNext(at, key.IsFound, found, out int keyLength, bytes, out int length);
        if (error != Errno.OK)
            return error;
        if (found[..keyLength].SequenceEqual(ServerKey))
            return Errno.ENOENT;
        if (keyLength != LineKeySize || length != record.Length)
            return Errno.EINVAL;
        bytes[..length].CopyTo(record);
        key = new LineKey { Line = BinaryPrimitives.ReadUInt32BigEndian(found), IsFound = true };
        return Errno.OK;
    }

    struct LineKey
    {
        public uint Line;
        public bool IsFound;
    }
}
