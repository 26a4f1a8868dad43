using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;

namespace Lustrous.Ldlm.Tests.Decisions;

/// <summary>One call of one owner: F_SETLKW, F_SETLK or F_UNLCK.</summary>
readonly record struct FlockCall(int Owner, int File, LockMode Mode, int Start, int End, bool NoWait = false)
{
    public bool Covers(int at) => Start <= at && at <= End;
}

/// <summary>
/// The server's decisions about file locks beside a naive model that keeps a mode for every single byte and owner.
/// After each call the two must agree on who holds which byte, and nobody may wait without a reason or without hope.
/// </summary>
sealed class FlockWorld
{
    readonly int _bytes;
    readonly ServerResource[] _files;
    readonly object[] _holders;
    readonly LockMode[,,] _held;                            // the model: by file, owner and byte; 0 for none
    readonly List<(FlockCall Call, ServerLock Lock)> _waiting = [];
    readonly List<FileLock>[] _client;                      // what a client would remember, by file
    ulong _number;

    public FlockWorld(int owners, int files, int bytes)
    {
        _bytes = bytes;
        var waits = new FlockWaits();
        _files = [.. Enumerable.Range(0, files).Select(i => new ServerResource(
            null!, new LdlmResId((ulong)i, 1, 0, 12), LockType.Flock, new RankedLock(14, "test"), waits))];
        _holders = [.. Enumerable.Range(0, owners).Select(_ => new object())];
        _held = new LockMode[files, owners, bytes];
        _client = [.. Enumerable.Range(0, files).Select(_ => new List<FileLock>())];
    }

    public int Refusals { get; private set; }

    public int Waits { get; private set; }

    public bool IsWaiting(int owner) => _waiting.Exists(wait => wait.Call.Owner == owner);

    /// <summary>Makes the call; the owner must not be waiting.</summary>
    public EnqueueOutcome Do(FlockCall call)
    {
        bool isFree = !Conflicts(call).Any();
        ServerLock asked = NewLock(call);
        Assert.Equal(isFree, _files[call.File].Queues.FirstFlockConflict(asked) is null);
        var actions = new LockActions();
        EnqueueOutcome outcome = _files[call.File].Queues.Enqueue(asked, call.NoWait, actions);
        if (isFree)
            Assert.Equal(EnqueueOutcome.Granted, outcome);
        else if (call.NoWait)
            Assert.Equal(EnqueueOutcome.WouldBlock, outcome);
        else
            Assert.True(outcome is EnqueueOutcome.Waiting or EnqueueOutcome.Deadlock, outcome.ToString());
        if (outcome == EnqueueOutcome.Granted)
            Hold(call);
        if (outcome == EnqueueOutcome.Deadlock)
        {
            Refusals++;
            Assert.True(IsCircle(call), "refused though its wait would end");
        }
        if (outcome == EnqueueOutcome.Waiting)
        {
            Waits++;
            _waiting.Add((call, asked));
        }
        Follow(actions);
        Check();
        return outcome;
    }

    /// <summary>Gives the wait up, or everything: the owner's client says so, or has gone.</summary>
    public void Leave(int owner)
    {
        foreach ((FlockCall call, ServerLock pending) in _waiting.FindAll(wait => wait.Call.Owner == owner))
        {
            _waiting.RemoveAll(wait => ReferenceEquals(wait.Lock, pending));
            Remove(pending);
        }
        for (int file = 0; file < _files.Length; file++)
        {
            foreach (ServerLock held in Granted(file).FindAll(held => ReferenceEquals(held.Holder, _holders[owner])))
            {
                var range = new FlockCall(
                    owner, file, LockMode.NL, (int)held.Policy.Flock.Start, (int)held.Policy.Flock.End);
                Hold(range);
                Remove(held);
            }
        }
        Check();
    }

    /// <summary>Ends only the owner's wait.</summary>
    public void Interrupt(int owner)
    {
        (_, ServerLock pending) = _waiting.Find(wait => wait.Call.Owner == owner);
        _waiting.RemoveAll(wait => ReferenceEquals(wait.Lock, pending));
        Remove(pending);
        Check();
    }

    public bool IsEmpty => _files.All(file => file.Queues.IsEmpty);

    void Remove(ServerLock gone)
    {
        var actions = new LockActions();
        gone.Resource.Queues.Remove(gone);
        gone.Resource.Queues.Reprocess(tellAgain: false, actions);
        Follow(actions);
    }

    ServerLock NewLock(FlockCall call) => new(
        _files[call.File], _holders[call.Owner], call.Mode,
        LockPolicies.Flock(new FileLock
        {
            Mode = call.Mode,
            Start = (ulong)call.Start,
            End = (ulong)call.End,
            Owner = 7,
            Pid = (uint)call.Owner,
        }),
        ++_number);

    void Follow(LockActions actions)
    {
        for (int i = 0; i < actions.Count; i++)
        {
            (ServerLock subject, LockAction action) = actions[i];
            if (action is not (LockAction.Complete or LockAction.Refuse))
                continue;
            (FlockCall call, _) = _waiting.Find(wait => ReferenceEquals(wait.Lock, subject));
            _waiting.RemoveAll(wait => ReferenceEquals(wait.Lock, subject));
            if (action == LockAction.Complete)
            {
                Hold(call);
                continue;
            }
            Refusals++;
            Assert.True(IsCircle(call), "refused though its wait would end");
        }
    }

    void Hold(FlockCall call)
    {
        for (int at = call.Start; at <= call.End; at++)
            _held[call.File, call.Owner, at] = call.Mode == LockMode.NL ? 0 : call.Mode;
        FileLockTable.Apply(_client[call.File], new FileLock
        {
            Mode = call.Mode,
            Start = (ulong)call.Start,
            End = (ulong)call.End,
            Owner = (ulong)call.Owner,
        });
    }

    IEnumerable<int> Conflicts(FlockCall call)
    {
        for (int owner = 0; owner < _holders.Length; owner++)
        {
            for (int at = call.Start; owner != call.Owner && call.Mode != LockMode.NL && at <= call.End; at++)
            {
                LockMode held = _held[call.File, owner, at];
                if (held == LockMode.PW || (held == LockMode.PR && call.Mode == LockMode.PW))
                    yield return owner;
            }
        }
    }

    /// <summary>Whether somebody this call would wait for waits for its owner, directly or not.</summary>
    bool IsCircle(FlockCall call)
    {
        var seen = new HashSet<int>();
        var open = new Queue<int>(Conflicts(call));
        while (open.TryDequeue(out int owner))
        {
            if (owner == call.Owner)
                return true;
            if (!seen.Add(owner))
                continue;
            foreach ((FlockCall other, _) in _waiting)
            {
                if (other.Owner != owner)
                    continue;
                foreach (int next in Conflicts(other))
                    open.Enqueue(next);
            }
        }
        return false;
    }

    void Check()
    {
        for (int file = 0; file < _files.Length; file++)
        {
            List<ServerLock> granted = Granted(file);
            for (int owner = 0; owner < _holders.Length; owner++)
            {
                for (int at = 0; at < _bytes; at++)
                {
                    LockMode expected = _held[file, owner, at];
                    ServerLock[] here = [.. granted.Where(held => ReferenceEquals(held.Holder, _holders[owner])
                        && held.Policy.Flock.Start <= (ulong)at && held.Policy.Flock.End >= (ulong)at)];
                    Assert.Equal(expected == 0 ? 0 : 1, here.Length);
                    Assert.Equal(expected, here.FirstOrDefault()?.GrantedMode ?? 0);
                    Assert.Equal(expected, _client[file].Find(range => range.Owner == (ulong)owner
                        && range.Start <= (ulong)at && range.End >= (ulong)at).Mode);
                }
            }
        }
        foreach ((FlockCall call, ServerLock pending) in _waiting)
        {
            Assert.Equal(LockQueue.Waiting, pending.Queue);
            Assert.True(Conflicts(call).Any(), "waits for nothing");
            Assert.True(HasHope(call), "waits for ever");
        }
    }

    /// <summary>Whether the wait leads to somebody who does not wait.</summary>
    bool HasHope(FlockCall call)
    {
        var seen = new HashSet<int>();
        var open = new Queue<int>(Conflicts(call));
        while (open.TryDequeue(out int owner))
        {
            if (!IsWaiting(owner))
                return true;
            if (!seen.Add(owner))
                continue;
            foreach ((FlockCall other, _) in _waiting.FindAll(wait => wait.Call.Owner == owner))
            {
                foreach (int next in Conflicts(other))
                    open.Enqueue(next);
            }
        }
        return false;
    }

    List<ServerLock> Granted(int file)
    {
        var all = new List<ServerLock>();
        for (ServerLock? held = _files[file].Queues.Granted.First; held is not null; held = held.NextInQueue)
            all.Add(held);
        return all;
    }
}
