using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Client;

namespace Lustrous.Clients.Mgc;

// When logs are read: under their locks, and again some time after those were taken away.
public sealed partial class Mgc
{
    async ValueTask<Errno> BeginAsync(FollowedLog log, CancellationToken cancel)
    {
        using (_lock.Enter())
        {
            if (_logs.Exists(other => other.Name == log.Name && other.IsOf(log.Owner ?? (object?)log.RecoverOwner)))
                return Errno.EALREADY;
            log.IsReading = true;
            _logs.Add(log);
        }
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stopping.Token);
        Errno error = await ReadFirstAsync(log, both.Token);
        bool again;
        using (_lock.Enter())
        {
            again = log.IsStale;
            (log.IsReading, log.IsStale) = (again, false);
            if (error != Errno.OK && !IsFollowedAnyway(log, error))
            {
                again = false;
                log.IsStopped = true;
                _logs.Remove(log);
            }
        }
        if (again)
            Start(log);
        return error;
    }

    /// <summary>What need not be there yet: nobody has set a parameter, no target has restarted.</summary>
    static bool IsFollowedAnyway(FollowedLog log, Errno error) =>
        error == Errno.ENOENT && log.MayBeMissing;

    /// <summary>
    /// Takes the lock, then reads: whatever changes after that takes the lock away again (mgc_process_log).
    /// </summary>
    async ValueTask<Errno> ReadLockedAsync(FollowedLog log, CancellationToken cancel)
    {
        EnqueueResult taken = await Namespace.EnqueueAsync(
            new LockRequest
            {
                Resource = ResourceOf(log),
                Type = LockType.Plain,
                Mode = LockMode.CR,
                Policy = LockPolicies.None,
                Callbacks = _callbacks,
                Owner = log,
            }, cancel);
        if (taken.Status != Errno.OK || taken.Lock is not { } held)
            return taken.Status == Errno.OK ? Errno.EPROTO : taken.Status;
        bool stopped;
        using (_lock.Enter())
        {
            stopped = log.IsStopped;
            log.Lock = stopped ? null : held;
        }
        Errno error = stopped ? Errno.ESHUTDOWN
            : log.RecoverOwner is null ? await ReadLogAsync(log, cancel)
            : await ReadRecoverTableAsync(log, cancel);
        if (stopped)
            held.ReleaseAndCancel(LockMode.CR);
        else
            held.Release(LockMode.CR);
        // Without the lock: the MGS does not wait for our disk.
        if (error == Errno.OK && log.Copies is { } copies)
            await KeepAsync(log, copies, cancel);
        return error;
    }

    /// <summary>The lock of a log goes: it has changed, or will.</summary>
    void Lost(FollowedLog log)
    {
        using (_lock.Enter())
        {
            log.Lock = null;
            if (log.IsStopped)
                return;
            if (log.IsReading)
            {
                log.IsStale = true;
                return;
            }
            log.IsReading = true;
        }
        Start(log);
    }

    void Start(FollowedLog log)
    {
        ValueTask running = RereadAsync(log);
        if (!running.IsCompletedSuccessfully)
            _ = running.AsTask();
    }

    /// <summary>Waits a little, differently long in each client so that not all come at once, and reads what is new;
    /// until that worked (mgc_requeue_thread).</summary>
    async ValueTask RereadAsync(FollowedLog log)
    {
        bool again = true;
        while (again && !_stopping.IsCancellationRequested)
        {
            TimeSpan delay = Options.RequeueDelay * (1 + _node.Context.Random.NextDouble());
            try
            {
                await Task.Delay(delay, _node.Context.Clock, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            // A target that has started without the MGS may wait for days.
            if (log.Copies is not null)
                await Import.WaitConnectedAsync(firstTryOnly: false, _stopping.Token);
            if (log.IsStopped)
                return;
            Errno error = await ReadLockedAsync(log, _stopping.Token);
            if (error != Errno.OK && !IsFollowedAnyway(log, error) && error != Errno.ESHUTDOWN)
                Log(LogLevel.Warning, $"cannot read the log {log.Name}: {error}, trying again");
            using (_lock.Enter())
            {
                again = (log.IsStale || error is not (Errno.OK or Errno.ENOENT or Errno.ESTALE)) && !log.IsStopped;
                (log.IsReading, log.IsStale) = (again, false);
            }
        }
    }

    sealed class Callbacks(Mgc mgc) : ILockCallbacks
    {
        public void Granted(ClientLock granted, ReadOnlySpan<byte> lvb)
        {
        }

        public ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss)
        {
            if (losing.Owner is FollowedLog log)
                mgc.Lost(log);
            return ValueTask.CompletedTask;
        }

        public void Blocked(ClientLock blocked)
        {
        }

        public int Glimpse(ClientLock held, Span<byte> lvb) => 0;

        /// <summary>A lock that is not held is a log that is not followed.</summary>
        public bool MayDrop(ClientLock unused) => false;
    }
}
