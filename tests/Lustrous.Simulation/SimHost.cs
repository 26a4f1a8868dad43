using Lustrous.Libcfs;

namespace Lustrous.Simulation;

/// <summary>
/// One life of one machine: its work, timers and awaits run only while it lives. A restart is a new host. What a host
/// takes
/// from the world is its <see cref="Node"/>.
/// </summary>
public sealed class SimHost : IWorkQueue
{
    internal SimHost(SimScheduler scheduler, string name, int incarnation)
    {
        Scheduler = scheduler;
        Name = incarnation == 0 ? name : $"{name}'{incarnation}";
        Context = new HostContext(this);
        Node = new NodeContext(
            new SimTimeProvider(this), scheduler.Random.Fork(), this, new BufferPool(retainBytes: 4 << 20),
            new HostLog(this));
    }

    public SimScheduler Scheduler { get; }

    /// <summary>For the trace; carries a mark after each restart.</summary>
    public string Name { get; }

    /// <summary>Clock, chance, work, buffers and log of this host.</summary>
    public NodeContext Node { get; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>Where awaits begun on this host resume.</summary>
    internal SynchronizationContext Context { get; }

    readonly List<TaskCompletionSource> _running = [];

    void IWorkQueue.Post(Action<object?> work, object? state) => Scheduler.Post(this, work, state, "work");

    /// <summary>
    /// Begins <paramref name="body"/> on this host, so that its awaits belong to it; cancelled when the host dies.
    /// </summary>
    public Task RunAsync(Func<Task> body)
    {
        Lassert.That(IsAlive, "work for a crashed host");
        // Continuations must not be made asynchronous here: Task.WhenAll would then take them to the thread pool.
        var ended = new TaskCompletionSource();
        _running.Add(ended);
        Scheduler.Post(this, static state =>
        {
            var (host, run, source) = ((SimHost, Func<Task>, TaskCompletionSource))state!;
            _ = host.FollowAsync(run, source);
        }, (this, body, ended), "run");
        return ended.Task;
    }

    /// <summary>As <see cref="RunAsync(Func{Task})"/>, with a result.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> body)
    {
        T result = default!;
        await RunAsync(async () => { result = await body(); });
        return result;
    }

    /// <summary>
    /// Runs <paramref name="action"/> at once as if the host had called it: awaits it begins belong to the host.
    /// </summary>
    public void Call(Action action)
    {
        Lassert.That(IsAlive, "a call into a crashed host");
        SynchronizationContext? caller = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Context);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(caller);
        }
    }

    /// <summary>Waits in virtual time, on the caller's host.</summary>
    public Task Delay(TimeSpan time) => Task.Delay(time, Node.Clock);

    /// <summary>Adds to the run's trace.</summary>
    public void Note(string kind, ulong x = 0, ulong y = 0, string detail = "") =>
        Scheduler.Trace.Add(Scheduler.Now, Name, kind, x, y, detail);

    /// <summary>Ends this life: its events and timers are void, whoever awaits its work sees it cancelled.</summary>
    public void Kill()
    {
        IsAlive = false;
        Note("crash");
        foreach (TaskCompletionSource source in _running)
            source.TrySetCanceled();
        _running.Clear();
    }

    async Task FollowAsync(Func<Task> body, TaskCompletionSource ended)
    {
        try
        {
            await body();
            ended.TrySetResult();
        }
        catch (OperationCanceledException e)
        {
            ended.TrySetCanceled(e.CancellationToken);
        }
#pragma warning disable CA1031 // whatever it was, it belongs to whoever awaits the task
        catch (Exception e)
#pragma warning restore CA1031
        {
            ended.TrySetException(e);
        }
        _running.Remove(ended);
    }

    sealed class HostContext(SimHost host) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) =>
            host.Scheduler.Post(host, static boxed =>
            {
                var (callback, inner) = ((SendOrPostCallback, object?))boxed!;
                callback(inner);
            }, (d, state), "resume");

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }

    sealed class HostLog(SimHost host) : ILogSink
    {
        public bool IsEnabled(LogLevel level) => level >= host.Scheduler.Options.LogLevel;

        public void Write(in LogEvent entry)
        {
            host.Scheduler.Logged?.Invoke(host.Name, entry);
            if (IsEnabled(entry.Level))
                host.Note(entry.Source, detail: entry.Message);
        }
    }
}
