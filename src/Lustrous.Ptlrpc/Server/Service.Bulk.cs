using Lustrous.Ptlrpc.Bulk;

namespace Lustrous.Ptlrpc.Server;

// Bulk transfers under way, so that none outlives its time or the service.
public sealed partial class Service
{
    ServerBulk? _firstBulk;     // guarded by _lock

    internal ServerBulk NewBulk(ServerRequest request, BulkType type, uint portal)
    {
        ServerBulk bulk = _freeBulks.Take();
        bulk.Begin(request, type, portal);
        return bulk;
    }

    internal void ReturnBulk(ServerBulk bulk) => _freeBulks.Return(bulk);

    internal void AddBulk(ServerBulk bulk)
    {
        using (_lock.Enter())
        {
            _busy++;
            bulk.PreviousActive = null;
            bulk.NextActive = _firstBulk;
            if (_firstBulk is not null)
                _firstBulk.PreviousActive = bulk;
            _firstBulk = bulk;
        }
    }

    internal void RemoveBulk(ServerBulk bulk)
    {
        using (_lock.Enter())
        {
            if (bulk.PreviousActive is { } previous)
                previous.NextActive = bulk.NextActive;
            else
                _firstBulk = bulk.NextActive;
            if (bulk.NextActive is { } next)
                next.PreviousActive = bulk.PreviousActive;
            bulk.NextActive = bulk.PreviousActive = null;
        }
        LeaveBusy();
    }

    void AbortLateBulks(TimeSpan now)
    {
        var most = TimeSpan.FromSeconds(Options.BulkTimeoutSeconds);
        List<ServerBulk>? late = null;
        using (_lock.Enter())
        {
            for (ServerBulk? bulk = _firstBulk; bulk is not null; bulk = bulk.NextActive)
            {
                if (now <= bulk.Start + most && now <= bulk.RequestDeadline)
                    continue;
                bulk.Hold();
                (late ??= []).Add(bulk);
            }
        }
        if (late is null)
            return;
        AbortAll(late, Errno.ETIMEDOUT);
    }

    void AbortBulks()
    {
        var all = new List<ServerBulk>();
        using (_lock.Enter())
        {
            for (ServerBulk? bulk = _firstBulk; bulk is not null; bulk = bulk.NextActive)
            {
                bulk.Hold();
                all.Add(bulk);
            }
        }
        AbortAll(all, Errno.ESHUTDOWN);
    }

    internal static void AbortAll(List<ServerBulk> held, Errno why)
    {
        foreach (ServerBulk bulk in held)
        {
            bulk.Abort(why);
            bulk.LetGo();
        }
    }
}
