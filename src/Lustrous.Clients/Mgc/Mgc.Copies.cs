using Lustrous.Obdclass.Llog;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Mgc;

// A target's own copies of its logs: mgc_process_server_cfg_log of lustre/mgc/mgc_request_server.c.
public sealed partial class Mgc
{
    /// <summary>Whether an MGS that fails so may be there later.</summary>
    public static bool IsUnreachable(Errno error) =>
        MayPass(error) || error is Errno.EHOSTUNREACH or Errno.ECONNREFUSED;

    /// <summary>Reads a log for the first time: from the MGS, or what is kept of it while that does not
    /// answer.</summary>
    async ValueTask<Errno> ReadFirstAsync(FollowedLog log, CancellationToken cancel)
    {
        byte[]? copy = log.Copies?.Load(log.Name);
        if (copy is null && (log.Copies is null || !log.MayBeMissing))
            return await PersistAsync(() => ReadLockedAsync(log, cancel), cancel);
        Errno error = Import.State == ImportState.Full ? await ReadLockedAsync(log, cancel) : Errno.ENOTCONN;
        // Of a log that was shown in part no other edition is shown.
        if (!IsUnreachable(error) || cancel.IsCancellationRequested || log.Next != 1)
            return error;
        Result<LlogHandle> header = copy is null ? Errno.ENOENT : LlogHandle.Open(new MemoryLlogStorage(copy));
        if (copy is not null && header.Failed)
            Log(LogLevel.Warning, $"the copy of {log.Name} in the target is of no use: {header.Error}");
        if (header.Failed && !log.MayBeMissing)
            return error;
        using (_lock.Enter())
            log.IsStale = true;         // it is read again once the MGS is there
        if (header.Failed)
            return Errno.ENOENT;
        Log(LogLevel.Warning, $"the MGS does not answer ({error}): taking {log.Name} as the target has kept it");
        log.Copy = new MemoryLlogStorage(copy!);
        log.MadeAt = header.Value.UnixSeconds;
        return await ShowAsync(log, cancel);
    }

    /// <summary>What was read is there for a start without the MGS. A full disk is no reason to stop.</summary>
    async ValueTask KeepAsync(FollowedLog log, IConfigCopies copies, CancellationToken cancel)
    {
        Errno error = await copies.SaveAsync(log.Name, log.Copy.Bytes.ToArray(), cancel);
        if (error is not (Errno.OK or Errno.ESHUTDOWN))
            Log(LogLevel.Warning, $"no copy of {log.Name} can be kept: {error}");
    }
}
