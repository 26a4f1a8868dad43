using System.Text;
using Lustrous.Idl.Llog;
using Lustrous.Mgs.Logs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mgs;

// Reading a log from afar: lustre/ptlrpc/llog_server.c.
public sealed partial class MgsTarget
{
    /// <summary>Finds a log by name, for its number (LLOG_ORIGIN_HANDLE_CREATE; nothing is created).</summary>
    ValueTask<Errno> OpenLog(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.LlogdBody, MessageSide.Request, out LlogdBody body))
            return new(Errno.EPROTO);
        if (body.Context >= LlogContextMasks.MAX_CTXTS)
            return new(Errno.EPROTO);
        if (body.Context != LlogContext.CONFIG_ORIG_CTXT)
            return new(Errno.ENODEV);
        string name = "";
        if (request.Capsule.TryGetString(Rmf.Name, MessageSide.Request, out ReadOnlySpan<byte> text))
            name = Encoding.ASCII.GetString(text);
        using (_lock.Enter())
        {
            ConfigLogFile? log = name.Length > 0 ? _logs.Find(name) : _logs.Find(body.LogId);
            if (log is null)
                return new(Errno.ENOENT);
            request.Capsule.Set(Rmf.LlogdBody, MessageSide.Reply, new LlogdBody { LogId = log.Id });
        }
        return new(Errno.OK);
    }

    ValueTask<Errno> ReadLogHeader(ServerRequest request, CancellationToken cancel)
    {
        Errno error = Find(request, out _, out ConfigLogFile? log);
        if (error != Errno.OK)
            return new(error);
        using (_lock.Enter())
        {
            request.Capsule.SetSize(Rmf.LlogLogHdr, MessageSide.Reply, log!.Log.ChunkSize);
            if (request.PackReply() is var full and not Errno.OK)
                return new(full);
            log.Log.HeaderChunk.CopyTo(request.Capsule.GetBytes(Rmf.LlogLogHdr, MessageSide.Reply));
        }
        return new(Errno.OK);
    }

    ValueTask<Errno> ReadNextBlock(ServerRequest request, CancellationToken cancel)
    {
        Errno error = Find(request, out LlogdBody body, out ConfigLogFile? log);
        if (error != Errno.OK)
            return new(error);
        if (body.CurrentOffset > long.MaxValue)
            return new(Errno.EPROTO);
        if (PackBlock(request) is var full and not Errno.OK)
            return new(full);
        uint last = body.SavedIndex;
        long offset = (long)body.CurrentOffset;
        using (_lock.Enter())
        {
            error = log!.Log.NextBlock(
                body.Index, ref last, ref offset, request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Reply));
        }
        // At the end too: a reader tells by the offset that nothing is left.
        body.SavedIndex = last;
        body.CurrentOffset = (ulong)offset;
        request.Capsule.Set(Rmf.LlogdBody, MessageSide.Reply, body);
        return new(error);
    }

    /// <summary>The chunk that holds a record, without a place to go on from.</summary>
    ValueTask<Errno> ReadPreviousBlock(ServerRequest request, CancellationToken cancel)
    {
        Errno error = Find(request, out LlogdBody body, out ConfigLogFile? log);
        if (error != Errno.OK)
            return new(error);
        if (PackBlock(request) is var full and not Errno.OK)
            return new(full);
        uint last = 0;
        long offset = 0;
        using (_lock.Enter())
        {
            error = log!.Log.NextBlock(
                body.Index, ref last, ref offset, request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Reply));
        }
        request.Capsule.Set(Rmf.LlogdBody, MessageSide.Reply, body);
        return new(error == Errno.EBADR ? Errno.EIO : error);
    }

    static Errno PackBlock(ServerRequest request)
    {
        request.Capsule.SetSize(Rmf.Eadata, MessageSide.Reply, LlogConst.MIN_CHUNK_SIZE);
        return request.PackReply();
    }

    Errno Find(ServerRequest request, out LlogdBody body, out ConfigLogFile? log)
    {
        log = null;
        if (!request.Capsule.TryGet(Rmf.LlogdBody, MessageSide.Request, out body)
            || body.Context >= LlogContextMasks.MAX_CTXTS)
            return Errno.EPROTO;
        if (body.Context != LlogContext.CONFIG_ORIG_CTXT)
            return Errno.ENODEV;
        using (_lock.Enter())
            log = _logs.Find(body.LogId);
        return log is null ? Errno.ENOENT : Errno.OK;
    }
}
