namespace Lustrous.Llite;

// Inodes that were asked for ahead and not taken yet: the last of them stay for a while.
public sealed partial class LliteMount
{
    const int MaxLingering = 1024;

    readonly RankedLock _lingerLock = new(2, "ll_linger");
    readonly Queue<LliteInode> _lingering = new();      // guarded by _lingerLock; a reference each

    /// <summary>Keeps the caller's reference until others come.</summary>
    void Linger(LliteInode inode)
    {
        LliteInode? oldest = null;
        using (_lingerLock.Enter())
        {
            _lingering.Enqueue(inode);
            if (_lingering.Count > MaxLingering)
                oldest = _lingering.Dequeue();
        }
        if (oldest is not null)
            Drop(oldest, 1);
    }

    void DropLingering()
    {
        while (true)
        {
            LliteInode? next;
            using (_lingerLock.Enter())
            {
                if (!_lingering.TryDequeue(out next))
                    return;
            }
            Drop(next, 1);
        }
    }
}
