namespace Lustrous.Ldlm.Server;

/// <summary>A queue of locks, linked through themselves.</summary>
struct LockList
{
    public ServerLock? First { get; private set; }

    public ServerLock? Last { get; private set; }

    public int Count { get; private set; }

    public void AddLast(ServerLock item)
    {
        item.PreviousInQueue = Last;
        item.NextInQueue = null;
        if (Last is null)
            First = item;
        else
            Last.NextInQueue = item;
        Last = item;
        Count++;
    }

    public void Remove(ServerLock item)
    {
        if (item.PreviousInQueue is { } previous)
            previous.NextInQueue = item.NextInQueue;
        else
            First = item.NextInQueue;
        if (item.NextInQueue is { } next)
            next.PreviousInQueue = item.PreviousInQueue;
        else
            Last = item.PreviousInQueue;
        item.NextInQueue = item.PreviousInQueue = null;
        Count--;
    }
}
