using Lustrous.Libcfs;

namespace Lustrous.Bench;

/// <summary>Posted work on the machine's thread pool.</summary>
sealed class ThreadPoolWork : IWorkQueue
{
    public void Post(Action<object?> work, object? state) =>
        ThreadPool.UnsafeQueueUserWorkItem(static item => item.work(item.state), (work, state), preferLocal: false);
}
