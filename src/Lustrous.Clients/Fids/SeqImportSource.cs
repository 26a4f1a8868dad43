using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Fids;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Fids;

/// <summary>The sequence server at the other end of an import: SEQ_QUERY (seq_client_rpc).</summary>
public sealed class SeqImportSource : ISequenceSource
{
    readonly Import _import;
    readonly bool _isData;

    /// <param name="import">To an MDT; or to an OST, for the MDT's objects there.</param>
    /// <param name="isData">The sequences are for objects of an OST.</param>
    public SeqImportSource(Import import, bool isData = false)
    {
        ArgumentNullException.ThrowIfNull(import);
        _import = import;
        _isData = isData;
    }

    public async ValueTask<Result<LuSeqRange>> AllocateAsync(
        SeqOperation operation, LuSeqRange asker, CancellationToken cancel)
    {
        using PtlrpcRequest request = _import.NewRequest(RequestFormats.SeqQuery);
        bool isSuper = operation == SeqOperation.AllocSuper;
        request.RequestPortal = isSuper ? Portals.SEQ_CONTROLLER_PORTAL
            : _isData ? Portals.SEQ_DATA_PORTAL
            : Portals.SEQ_METADATA_PORTAL;
        request.ReplyPortal = isSuper || !_isData ? Portals.MDC_REPLY_PORTAL : Portals.OSC_REPLY_PORTAL;
        request.AllowReplay = true;
        // An OST asks while the MDT waits for that OST: an answer at once, whatever it is, keeps both from hanging.
        if (isSuper && _isData)
            request.NoResend = request.NoDelay = true;
        request.Set(Rmf.SeqOpc, (uint)operation);
        // Of a range that is asked for only whose it is counts.
        request.Set(Rmf.SeqRange, new LuSeqRange
        {
            Index = asker.Index,
            Flags = (uint)(_isData ? SeqRangeType.OST : SeqRangeType.MDT),
        });
        if (await request.SendAsync(cancel) is var status and not Errno.OK)
            return status;
        Result<LuSeqRange> range = request.Get(Rmf.SeqRange);
        if (range.Failed)
            return range.Error;
        return range.Value.IsSane ? range.Value : Errno.EPROTO;
    }
}
