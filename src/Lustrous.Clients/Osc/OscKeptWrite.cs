using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Osc;

/// <summary>
/// Data that an OST has taken and may yet lose: a copy, kept with the request until its commit, so that a restarted OST
/// gets it again. The pages that it came from may change or go meanwhile (what Lustre calls unstable pages).
/// </summary>
sealed class OscKeptWrite
{
    readonly OscObject _object;
    readonly BulkDescriptor? _bulk;
    readonly PooledBuffer? _data;
    readonly int _bytes;
    bool _isCommitted;

    OscKeptWrite(OscObject target, BulkDescriptor? bulk, PooledBuffer? data, int bytes) =>
        (_object, _bulk, _data, _bytes) = (target, bulk, data, bytes);

    /// <summary>Of a request that has been answered and is in the replay list.</summary>
    /// <param name="request">Its data is in <paramref name="memory"/>, or inside it.</param>
    /// <param name="target">What it wrote to.</param>
    /// <param name="memory">Empty where the data went inside the message.</param>
    /// <param name="offsets">Of each piece, in the object.</param>
    public static void Keep(
        PtlrpcRequest request, OscObject target, ReadOnlySpan<IoVec> memory, ReadOnlySpan<ulong> offsets)
    {
        OscDevice device = target.Device;
        int bytes = 0;
        foreach (IoVec piece in memory)
            bytes += piece.Length;
        BulkDescriptor? bulk = null;
        PooledBuffer? data = null;
        if (bytes > 0)
        {
            data = device.Node.Context.Buffers.Take(bytes);
            bulk = device.Node.TakeBulk(BulkType.GetSource, Portals.OST_BULK_PORTAL);
            int at = 0;
            for (int i = 0; i < memory.Length; i++)
            {
                memory[i].Span.CopyTo(data.Span[at..]);
                Errno added = bulk.Add(
                    data.Slice(at, memory[i].Length), (int)(offsets[i] & (OscChunk.PageSize - 1)));
                Lassert.That(added == Errno.OK, "what was sent once can be sent again");
                at += memory[i].Length;
            }
            request.Bulk = bulk;
        }
        device.KeptBytes(bytes);
        request.UserState = new OscKeptWrite(target, bulk, data, bytes);
        request.CommitCallback = static kept => ((OscKeptWrite)kept.UserState!)._isCommitted = true;
        request.ReplayEndedCallback = static kept => ((OscKeptWrite)kept.UserState!).End(kept);
    }

    void End(PtlrpcRequest request)
    {
        request.Bulk = null;
        if (_bulk is not null)
            _object.Device.Node.ReturnBulk(_bulk);
        _data?.Dispose();
        _object.Device.KeptBytes(-_bytes);
        if (!_isCommitted)
            _object.LostWrite();
    }
}
