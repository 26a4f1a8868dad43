using System.Runtime.CompilerServices;

namespace Lustrous.Osd.Disk;

/// <summary>Awaited, goes on in the node's work queue: what follows may wait for a disk, which a thread of the network
/// must not.</summary>
readonly struct DiskHop(IWorkQueue work) : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public DiskHop GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) =>
        work.Post(static state => ((Action)state!)(), continuation);
}
