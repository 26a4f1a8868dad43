namespace Lustrous.Libcfs;

/// <summary>Waiting for work that others began, and that goes on whoever gives up waiting.</summary>
public static class TaskWaits
{
    /// <summary>Waits until the work has ended, however it ended.</summary>
    /// <returns>EINTR: cancelled before that.</returns>
    public static async ValueTask<Errno> EndedAsync(this Task work, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(work);
        // WhenAny throws nothing of what it waits for.
        await Task.WhenAny(work.WaitAsync(cancel));
        return work.IsCompleted ? Errno.OK : Errno.EINTR;
    }
}
