using Lustrous.Target.Grants;

namespace Lustrous.Oss.Ofd;

/// <summary>Space of a write that is under way: given back when the write is durable, or has failed. Pooled.</summary>
sealed class PendingWrite(OfdDevice device)
{
    int _references;

    public OfdDevice Device { get; } = device;

    public GrantClient Client { get; set; } = null!;

    public long Bytes { get; set; }

    /// <summary>The commit callback gives it back; else the request does.</summary>
    public bool IsHandedOver { get; private set; }

    public PendingWrite? NextFree { get; set; }

    public void Begin(GrantClient client)
    {
        (Client, Bytes, IsHandedOver) = (client, 0, false);
        _references = 1;
    }

    public void HandOver()
    {
        IsHandedOver = true;
        Interlocked.Increment(ref _references);
    }

    /// <summary>True for the last of request and callback: nobody looks at it any more.</summary>
    public bool Release() => Interlocked.Decrement(ref _references) == 0;
}
