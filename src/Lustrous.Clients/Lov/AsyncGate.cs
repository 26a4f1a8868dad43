namespace Lustrous.Clients.Lov;

/// <summary>Lets one at a time through, in the order they came; waiting blocks no thread.</summary>
sealed class AsyncGate
{
    readonly Lock _lock = new();
    readonly Queue<TaskCompletionSource> _waiting = new();  // guarded by _lock
    bool _isTaken;                                          // guarded by _lock

    public async ValueTask EnterAsync()
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (!_isTaken)
            {
                _isTaken = true;
                return;
            }
            _waiting.Enqueue(turn = new TaskCompletionSource());
        }
        await turn.Task;
    }

    public void Leave()
    {
        TaskCompletionSource? next;
        lock (_lock)
            _isTaken = _waiting.TryDequeue(out next);
        next?.SetResult();
    }
}
