using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Osc;

/// <summary>
/// Data that an OST has taken and may yet lose: a copy, kept with the request until its commit, so that a restarted OST
/// gets it again. The pages that it came from may change or go meanwhile (what Lustre calls unstable pages).
/// </summary>
/// <remarks>The commit may come with the answer, or while the copy is made: <see cref="_state"/> says who was first,
/// and the other gives back what there is. Used again once the request calls it no more.</remarks>
sealed class OscKeptWrite : IRequestCompanion
{
    /// <summary>What a request takes besides its data, about.</summary>
    const int RequestBytes = 1024;

    const int Expected = 0, Filled = 1, Ended = 2;

    readonly OscDevice _device;
    OscObject _object = null!;      // from Expect until the request is free
    int _state;
    bool _isCommitted;
    BulkDescriptor? _bulk;      // these three are Fill's until it is Filled, then End's
    PooledBuffer? _data;
    int _bytes;

    public OscKeptWrite(OscDevice device) => _device = device;

    /// <summary>Of a request that is going to be sent: it hears of the commit, however early that comes. The request is
    /// not replayed before <see cref="PtlrpcRequest.HoldsReplay"/> is set back.</summary>
    /// <param name="request">The write.</param>
    /// <param name="target">What it writes to.</param>
    public static OscKeptWrite Expect(PtlrpcRequest request, OscObject target)
    {
        OscKeptWrite kept = target.Device.TakeKept();
        kept._object = target;
        request.HoldsReplay = true;
        request.UserState = kept;
        request.CommitCallback = static committed => ((OscKeptWrite)committed.UserState!)._isCommitted = true;
        request.ReplayCallback = static replayed => ((OscKeptWrite)replayed.UserState!).Replayed(replayed);
        request.ReplayEndedCallback = static ended => ((OscKeptWrite)ended.UserState!).End(ended);
        return kept;
    }

    /// <summary>The request has been answered, and may have to be replayed.</summary>
    /// <param name="request">Its data is in <paramref name="memory"/>, or inside it.</param>
    /// <param name="bytes">Of data.</param>
    /// <param name="memory">Empty where the data went inside the message.</param>
    /// <param name="offsets">Of each piece, in the object.</param>
    public void Fill(PtlrpcRequest request, int bytes, ReadOnlySpan<IoVec> memory, ReadOnlySpan<ulong> offsets)
    {
        if (Volatile.Read(ref _state) == Ended)
            return;
        if (!memory.IsEmpty)
        {
            _data = _device.Node.Context.Buffers.Take(bytes);
            _bulk = _device.Node.TakeBulk(BulkType.GetSource, Portals.OST_BULK_PORTAL);
            int at = 0;
            for (int i = 0; i < memory.Length; i++)
            {
                memory[i].Span.CopyTo(_data.Span[at..]);
                Errno added = _bulk.Add(
                    _data.Slice(at, memory[i].Length), (int)(offsets[i] & (OscChunk.PageSize - 1)));
                Lassert.That(added == Errno.OK, "what was sent once can be sent again");
                at += memory[i].Length;
            }
            request.Bulk = _bulk;
        }
        _bytes = bytes + RequestBytes;
        _device.KeptBytes(_bytes);
        if (Interlocked.CompareExchange(ref _state, Filled, Expected) == Ended)
            GiveBack(request);
    }

    void End(PtlrpcRequest request)
    {
        if (Interlocked.Exchange(ref _state, Ended) == Filled)
            GiveBack(request);
        if (!_isCommitted)
            _object.LostWrite();
    }

    /// <summary>The restarted OST has it again, or says why not: then who syncs hears of it.</summary>
    void Replayed(PtlrpcRequest request)
    {
        if (request.ReplayStatus != Errno.OK)
            _object.LostWrite();
    }

    void GiveBack(PtlrpcRequest request)
    {
        request.Bulk = null;
        if (_bulk is not null)
            _device.Node.ReturnBulk(_bulk);
        _data?.Dispose();
        (_bulk, _data) = (null, null);
        _device.KeptBytes(-_bytes);
    }

    void IRequestCompanion.RequestFreed()
    {
        (_object, _state, _isCommitted, _bytes) = (null!, Expected, false, 0);
        _device.ReturnKept(this);
    }
}
