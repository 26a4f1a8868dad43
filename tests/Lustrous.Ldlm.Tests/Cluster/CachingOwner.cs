using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>
/// A client that caches pages of objects under its locks, and writes them back when it loses one: what an OSC does, as
/// small as it can be.
/// </summary>
sealed class CachingOwner(LockClient client) : ILockCallbacks
{
    readonly SortedDictionary<(ulong Object, ulong Page), (ulong Value, bool Dirty)> _pages = [];

    /// <summary>Pages written and not written back.</summary>
    public IEnumerable<(ulong Object, ulong Page)> Dirty => _pages.Where(pair => pair.Value.Dirty).Select(p => p.Key);

    /// <summary>A page as this client sees it, read from the server if it must be; under a lock that covers
    /// it.</summary>
    public async Task<Result<ulong>> ReadAsync(ulong id, ulong page)
    {
        if (_pages.TryGetValue((id, page), out (ulong Value, bool Dirty) known))
            return known.Value;
        using PtlrpcRequest request = client.Import.NewRequest(RequestFormats.OstGetattr);
        request.SetSize(Rmf.Capa1, 0);
        request.Set(Rmf.OstBody, Body(id, page, 0));
        Errno status = await request.SendAsync(default);
        if (status != Errno.OK)
            return status;
        ulong value = request.Get(Rmf.OstBody).Value.Attributes.Size;
        _pages.TryAdd((id, page), (value, false));
        return _pages[(id, page)].Value;
    }

    public void Write(ulong id, ulong page, ulong value) => _pages[(id, page)] = (value, true);

    public void Granted(ClientLock granted, ReadOnlySpan<byte> lvb)
    {
    }

    public async ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss)
    {
        ulong id = losing.Resource.Name[0];
        foreach ((ulong Object, ulong Page) key in _pages.Keys.ToArray())
        {
            ulong start = key.Page * 4096;
            if (key.Object != id || start < losing.Extent.Start || start > losing.Extent.End)
                continue;
            // Written again while it was being written back: once more.
            while (loss != LockLoss.Evicted
                && _pages.TryGetValue(key, out (ulong Value, bool Dirty) page) && page.Dirty)
            {
                using PtlrpcRequest request = client.Import.NewRequest(RequestFormats.OstSetattr);
                request.SetSize(Rmf.Capa1, 0);
                request.Set(Rmf.OstBody, Body(id, key.Page, page.Value));
                if (await request.SendAsync(default) != Errno.OK)
                    break;      // thrown out: nobody waits for it any more
                if (_pages.TryGetValue(key, out (ulong Value, bool Dirty) now) && now.Value == page.Value)
                    _pages[key] = (page.Value, false);
            }
            _pages.Remove(key);
        }
    }

    public void Blocked(ClientLock blocked)
    {
    }

    public int Glimpse(ClientLock held, Span<byte> lvb) => 0;

    public bool MayDrop(ClientLock unused) => true;

    static OstBody Body(ulong id, ulong page, ulong value) => new()
    {
        Attributes = new Obdo
        {
            Valid = MdtValid.FLID,
            ObjectId = OstId.FromIdAndSequence(id, 2),
            Blocks = page,
            Size = value,
        },
    };
}
