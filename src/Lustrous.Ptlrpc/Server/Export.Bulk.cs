namespace Lustrous.Ptlrpc.Server;

// Bulk transfers with this client: they end when it is evicted or reconnects.
public sealed partial class Export
{
    ServerBulk? _firstBulk;     // guarded by _lock

    internal void AddBulk(ServerBulk bulk)
    {
        using (_lock.Enter())
        {
            bulk.PreviousOfExport = null;
            bulk.NextOfExport = _firstBulk;
            if (_firstBulk is not null)
                _firstBulk.PreviousOfExport = bulk;
            _firstBulk = bulk;
        }
    }

    internal void RemoveBulk(ServerBulk bulk)
    {
        using (_lock.Enter())
        {
            if (bulk.PreviousOfExport is { } previous)
                previous.NextOfExport = bulk.NextOfExport;
            else
                _firstBulk = bulk.NextOfExport;
            if (bulk.NextOfExport is { } next)
                next.PreviousOfExport = bulk.PreviousOfExport;
            bulk.NextOfExport = bulk.PreviousOfExport = null;
        }
    }

    void AbortBulks(Errno why)
    {
        List<ServerBulk>? bulks = null;
        using (_lock.Enter())
        {
            for (ServerBulk? bulk = _firstBulk; bulk is not null; bulk = bulk.NextOfExport)
            {
                bulk.Hold();
                (bulks ??= []).Add(bulk);
            }
        }
        if (bulks is not null)
            Service.AbortAll(bulks, why);
    }
}
