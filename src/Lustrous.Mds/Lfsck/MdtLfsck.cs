using Lustrous.Idl.Lfsck;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdt;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Mds.Lfsck;

/// <summary>The checks of one MDT (<c>lctl lfsck_start</c>): one run at a time, its name space first, then its
/// layouts.</summary>
/// <remarks>Source: lustre/lfsck.</remarks>
public sealed class MdtLfsck : IAsyncDisposable
{
    readonly RankedLock _lock = new(4, "lfsck");
    readonly MdtDevice _mdt;
    readonly LfsckNamespace _namespace;
    readonly LfsckLayout? _layout;
    CancellationTokenSource? _running;          // guarded by _lock
    Task _run = Task.CompletedTask;             // guarded by _lock

    /// <param name="mdt">Started.</param>
    /// <param name="lod">Its OSTs; null where there are none.</param>
    public MdtLfsck(MdtDevice mdt, LodDevice? lod)
    {
        ArgumentNullException.ThrowIfNull(mdt);
        _mdt = mdt;
        _namespace = new LfsckNamespace(mdt);
        _layout = lod is null ? null : new LfsckLayout(mdt, lod);
    }

    public string Name => _mdt.Name;

    /// <summary>What is known of each kind: its name, how it stands, how much it has put right.</summary>
    public IEnumerable<(string Name, LfsckStatus Status, long Repaired)> Kinds
    {
        get
        {
            if (_layout is not null)
                yield return ("layout", _layout.Status, _layout.RepairedCount);
            yield return ("namespace", _namespace.Status, _namespace.RepairedCount);
        }
    }

    /// <summary>As Lustre calls it.</summary>
    public static string NameOf(LfsckStatus status) => LfsckComponent.NameOf(status);

    /// <summary>Adds <c>mdd.NAME.lfsck_namespace</c> and <c>lfsck_layout</c>; a later life of the target has the same
    /// names.</summary>
    public void AddParameters(ParameterTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        Add("lfsck_namespace", _namespace.Text);
        if (_layout is not null)
            Add("lfsck_layout", _layout.Text);

        void Add(string name, Func<string> text)
        {
            tree.Remove(["mdd", Name, name]);
            tree.Add(["mdd", Name, name], Parameter.ReadOnly(text));
        }
    }

    /// <summary>Begins anew. EALREADY: it runs; EBUSY: the target waits for its clients.</summary>
    public Errno Start(LfsckOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (_mdt.Target.IsRecovering)
            return Errno.EBUSY;
        CancellationTokenSource running;
        TaskCompletionSource<Task> started;
        using (_lock.Enter())
        {
            if (_running is not null)
                return Errno.EALREADY;
            _running = running = new CancellationTokenSource();
            started = new TaskCompletionSource<Task>();
            _run = started.Task.Unwrap();
        }
        started.SetResult(RunAsync(options, running));
        return Errno.OK;
    }

    /// <summary>Ends it where it is. EALREADY: it does not run.</summary>
    public async ValueTask<Errno> StopAsync()
    {
        Task run;
        using (_lock.Enter())
        {
            if (_running is null)
                return Errno.EALREADY;
            _running.Cancel();      // not CancelAsync, which would go on elsewhere
            run = _run;
        }
        await run;
        return Errno.OK;
    }

    /// <summary>Ends when it does not run any more.</summary>
    public Task WaitAsync()
    {
        using (_lock.Enter())
            return _run;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    async Task RunAsync(LfsckOptions options, CancellationTokenSource running)
    {
        try
        {
            if (options.ChecksNamespace)
                await _namespace.RunAsync(options, running.Token);
            if (options.ChecksLayout && _layout is not null && !running.IsCancellationRequested)
                await _layout.RunAsync(options, running.Token);
        }
        finally
        {
            using (_lock.Enter())
                _running = null;
            running.Dispose();
        }
    }
}
