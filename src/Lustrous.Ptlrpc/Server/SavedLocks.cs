namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// What a difficult reply holds on to until the client has acknowledged it: locks that keep others from what the reply
/// depends on (ptlrpc_save_lock). Let go exactly once.
/// </summary>
/// <param name="release">Lets the locks go; called on a network thread without any lock held.</param>
public sealed class SavedLocks(Action release)
{
    int _released;

    public bool IsReleased => Volatile.Read(ref _released) != 0;

    /// <summary>Lets them go if that has not happened; the transaction's commit may come before the ACK.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
            release();
    }
}
