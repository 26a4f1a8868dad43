using Lustrous.Clients.Mgc;
using Lustrous.Target;

namespace Lustrous.Utils.Hosting;

/// <summary>A target of a server, with all that leaves when it does.</summary>
sealed class RunningTarget(Mgc mgc) : IAsyncDisposable
{
    readonly List<IAsyncDisposable> _parts = [];            // in the order of their start
    readonly List<(string Log, object Owner)> _followed = [];
    readonly CancellationTokenSource _leaving = new();
    Task _beside = Task.CompletedTask;

    public required ITargetDevice Device { get; init; }

    /// <summary>Null until it runs.</summary>
    public TargetCheck? Check { get; set; }

    public IDisposable? Listing { get; set; }

    public void Add(IAsyncDisposable part) => _parts.Add(part);

    /// <summary>It hears of changes of this log.</summary>
    public void Follows(string log, object owner) => _followed.Add((log, owner));

    /// <summary>Goes on while the target serves; is told to stop, and waited for, before the target leaves.</summary>
    public void DoBeside(Func<CancellationToken, Task> work)
    {
        Lassert.That(_beside.IsCompleted);
        _beside = work(_leaving.Token);
    }

    /// <summary>Leaves a node that goes on: no more is heard of its logs.</summary>
    public async ValueTask LeaveAsync()
    {
        await StopBesideAsync();        // may just be following one more
        foreach ((string log, object owner) in _followed)
            await mgc.UnfollowAsync(log, owner);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopBesideAsync();
        if (Check is { } check)
            await check.DisposeAsync();
        for (int i = _parts.Count - 1; i >= 0; i--)
            await _parts[i].DisposeAsync();
        Listing?.Dispose();
        _leaving.Dispose();
    }

    async Task StopBesideAsync()
    {
        await _leaving.CancelAsync();
        await _beside;
    }
}
