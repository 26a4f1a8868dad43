using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Llog;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Llog;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mgc;

// How logs are read: LLOG_ORIGIN_HANDLE_CREATE, _READ_HEADER, _NEXT_BLOCK, and MGS_CONFIG_READ.
public sealed partial class Mgc
{
    const int RecoverUnitBits = 12;         // a page
    const int RecoverUnits = 256;           // a megabyte

    async ValueTask<Errno> ReadLogAsync(FollowedLog log, CancellationToken cancel)
    {
        if (_node.Context.FailPoints.Check(ObdFail.PauseReadLog))
            await Task.Delay(TimeSpan.FromSeconds(20), _node.Context.Clock, cancel);
        Errno error = await OpenAsync(log, cancel);
        if (error != Errno.OK)
            return error;
        error = await ReadHeaderAsync(log, cancel);
        if (error != Errno.OK)
            return error;
        Result<LlogHandle> header = LlogHandle.Open(log.Copy);
        if (header.Failed)
            return header.Error;
        if (log.MadeAt is { } before && (before != header.Value.UnixSeconds || header.Value.LastIndex + 1 < log.Next))
        {
            // Devices were made by the former log; what of it still holds nobody can tell.
            Log(LogLevel.Error, $"{log.Name} was written anew since it was read; mount again to follow it");
            return Errno.ESTALE;
        }
        log.MadeAt = header.Value.UnixSeconds;
        uint last = header.Value.LastIndex;
        error = await ReadBlocksAsync(log, last, header.Value.ChunkSize, cancel);
        return error == Errno.OK ? await ShowAsync(log, cancel) : error;
    }

    async ValueTask<Errno> OpenAsync(FollowedLog log, CancellationToken cancel)
    {
        byte[] name = Encoding.ASCII.GetBytes(log.Name);
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.LlogOriginHandleCreate);
        request.SetSize(Rmf.Name, name.Length + 1);
        request.Set(Rmf.LlogdBody, new LlogdBody { Context = LlogContext.CONFIG_ORIG_CTXT });
        request.SetString(Rmf.Name, name);
        Errno error = await request.SendAsync(cancel);
        if (error != Errno.OK)
            return error;
        Result<LlogdBody> body = request.Get(Rmf.LlogdBody);
        if (body.Failed)
            return body.Error;
        log.Id = body.Value.LogId;
        return Errno.OK;
    }

    async ValueTask<Errno> ReadHeaderAsync(FollowedLog log, CancellationToken cancel)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.LlogOriginHandleReadHeader);
        request.SetReplySize(Rmf.LlogLogHdr, LlogConst.MIN_CHUNK_SIZE);
        request.Set(Rmf.LlogdBody, new LlogdBody { LogId = log.Id, LlhFlags = LlogFlags.IS_PLAIN });
        Errno error = await request.SendAsync(cancel);
        if (error != Errno.OK)
            return error;
        ReadOnlySpan<byte> header = request.GetBytes(Rmf.LlogLogHdr);
        return header.Length < LlogConst.MIN_CHUNK_SIZE ? Errno.EPROTO : log.Copy.Write(0, header);
    }

    /// <summary>Fetches the chunks from the first new record on.</summary>
    async ValueTask<Errno> ReadBlocksAsync(FollowedLog log, uint last, int chunkSize, CancellationToken cancel)
    {
        uint wanted = (uint)log.Next;
        // The last chunk that is known may have grown.
        long offset = Math.Max(chunkSize, log.Copy.SizeBytes - 1 & -chunkSize);
        while (wanted <= last)
        {
            using PtlrpcRequest request = Import.NewRequest(RequestFormats.LlogOriginHandleNextBlock);
            request.SetReplySize(Rmf.Eadata, LlogConst.MIN_CHUNK_SIZE);
            request.Set(Rmf.LlogdBody, new LlogdBody
            {
                LogId = log.Id,
                LlhFlags = LlogFlags.IS_PLAIN,
                Index = wanted,
                SavedIndex = wanted - 1,
                Length = LlogConst.MIN_CHUNK_SIZE,
                CurrentOffset = (ulong)offset,
            });
            Errno error = await request.SendAsync(cancel);
            if (error != Errno.OK)
            {
                // What the MGS itself calls broken is no matter of the connection.
                bool isBroken = request.ReplyStatus != 0 && error is Errno.EBADR or Errno.EIO;
                return isBroken ? Errno.EPROTO : error;
            }
            Result<LlogdBody> body = request.Get(Rmf.LlogdBody);
            if (body.Failed)
                return body.Error;
            long end = (long)body.Value.CurrentOffset;
            long start = end - 1 & -chunkSize;
            ReadOnlySpan<byte> data = request.GetBytes(Rmf.Eadata);
            // A server that goes back, or nowhere, would keep us here for ever.
            if (body.Value.SavedIndex < wanted || start < offset || end > log.Copy.SizeBytes + 2L * MaxLogBytes
                || end - start > data.Length || end > MaxLogBytes)
                return Errno.EPROTO;
            if (log.Copy.Write(start, data[..(int)(end - start)]) is var full and not Errno.OK)
                return full;
            offset = end;
            wanted = body.Value.SavedIndex + 1;
        }
        return Errno.OK;
    }

    const int MaxLogBytes = 64 << 20;

    async ValueTask<Errno> ShowAsync(FollowedLog log, CancellationToken cancel)
    {
        Result<LlogHandle> opened = LlogHandle.Open(log.Copy);
        if (opened.Failed)
            return opened.Error;
        var commands = new List<(uint Index, ConfigCommand Command)>();
        Errno error = opened.Value.Process(
            (in LlogRecord record) =>
            {
                if (record.Type != LlogRecordType.OBD_CFG_REC)
                    return Errno.OK;
                Result<ConfigCommand> command = ConfigCommand.Parse(record.Body);
                if (command.Failed)
                    return command.Error;
                commands.Add((record.Index, command.Value));
                return Errno.OK;
            },
            (uint)log.Next);
        foreach ((uint index, ConfigCommand command) in commands)
        {
            if (log.Markers.Counts(command))
            {
                Errno failed = await log.Owner!.ProcessAsync(command, cancel);
                if (failed != Errno.OK)
                {
                    Log(LogLevel.Error, $"{log.Name}: record {index} ({command.Command}) failed: {failed}");
                    return failed;
                }
            }
            log.Next = index + 1;
        }
        return error;
    }

    /// <summary>Rows of the table from the first new version on (mgc_process_recover_log).</summary>
    async ValueTask<Errno> ReadRecoverTableAsync(FollowedLog log, CancellationToken cancel)
    {
        const int size = RecoverUnits << RecoverUnitBits;
        using PooledBuffer buffer = _node.Context.Buffers.Take(size);
        while (true)
        {
            int received;
            MgsConfigRes result;
            BulkDescriptor bulk = _node.TakeBulk(BulkType.PutSink, Portals.MGS_BULK_PORTAL);
            using (PtlrpcRequest request = Import.NewRequest(RequestFormats.MgsConfigRead))
            {
                Errno error = bulk.Add(buffer.Slice(0, size));
                request.Bulk = bulk;
                request.Set(Rmf.MgsConfigBody, new MgsConfigBody
                {
                    Name = Idl.Wire.Text64.From(log.Name),
                    Offset = log.Next,
                    Type = MgsConfigType.Recover,
                    NodemapPassOrNidSize = (byte)(Import.Supports(ConnectFlags2.LARGE_NID) ? Unsafe.SizeOf<Nid>() : 0),
                    Bits = RecoverUnitBits,
                    Units = RecoverUnits,
                });
                if (error == Errno.OK)
                    error = await request.SendAsync(cancel);
                received = (int)bulk.TransferredBytes;
                _node.ReturnBulk(bulk);
                if (error != Errno.OK)
                    return error;
                Result<MgsConfigRes> reply = request.Get(Rmf.MgsConfigRes);
                if (reply.Failed)
                    return reply.Error;
                result = reply.Value;
            }
            if (result.Offset > result.SizeOrNodemapPass)
                return Errno.EPROTO;
            Errno shown = await ShowRowsAsync(log, buffer, received, cancel);
            if (shown != Errno.OK)
                return shown;
            bool isAll = result.Offset == result.SizeOrNodemapPass || result.Offset < log.Next;
            log.Next = Math.Max(log.Next, result.Offset + 1);
            if (isAll)
                return Errno.OK;
        }
    }

    static async ValueTask<Errno> ShowRowsAsync(
        FollowedLog log, PooledBuffer buffer, int length, CancellationToken cancel)
    {
        for (int at = 0; at < length;)
        {
            if (!TryReadRow(buffer.Span[at..length], out MgsNidTableEntry entry, out List<Nid> nids))
                return Errno.EPROTO;
            await log.RecoverOwner!.TargetMovedAsync(entry, nids, cancel);
            at += (int)entry.Length;
        }
        return Errno.OK;
    }

    static bool TryReadRow(ReadOnlySpan<byte> bytes, out MgsNidTableEntry entry, out List<Nid> nids)
    {
        (entry, nids) = (default, []);
        int headSize = Unsafe.SizeOf<MgsNidTableEntry>();
        if (bytes.Length < headSize)
            return false;
        entry = MemoryMarshal.Read<MgsNidTableEntry>(bytes);
        int nidSize = entry.NidSize;
        if (entry.NidCount == 0 || entry.Length > bytes.Length || entry.Length < headSize + entry.NidCount * nidSize
            || nidSize < (entry.NidType == 0 ? sizeof(ulong) : Unsafe.SizeOf<Nid>()))
            return false;
        for (int i = 0; i < entry.NidCount; i++)
        {
            ReadOnlySpan<byte> nid = bytes[(headSize + i * nidSize)..];
            nids.Add(entry.NidType == 0
                ? Nid.FromNid4(MemoryMarshal.Read<ulong>(nid))
                : MemoryMarshal.Read<Nid>(nid));
        }
        return true;
    }
}
