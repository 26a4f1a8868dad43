using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Server;

/// <summary>
/// The intent policy of an OST (ofd_intent_policy): a client that only wants to know an object's size gets a PR lock if
/// nobody is in the way, else what the writer behind the known end tells, and no lock.
/// </summary>
public static class ExtentIntent
{
    // lvb_size is the first field of an ost_lvb.
    const int LvbSizeLength = sizeof(ulong);

    /// <summary>The <see cref="ServerNamespace.IntentPolicy"/> of an OST.</summary>
    public static async ValueTask<Errno> GlimpseAsync(ServerEnqueue enqueue, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(enqueue);
        ServerLock asked = enqueue.Asked;
        if (asked.Resource.Type != LockType.Extent)
            return Errno.EPROTO;
        if (enqueue.Namespace.TryGrant(asked))
            return Errno.OK;
        enqueue.Abort();
        // Ahead of any need (AGL): the real one will ask.
        if ((enqueue.Flags & LockFlags.BLOCK_NOWAIT) != 0)
            return Errno.OK;
        await enqueue.Namespace.GlimpseAsync(asked.Resource, KnownSize(enqueue), cancel);
        return Errno.OK;
    }

    static ulong KnownSize(ServerEnqueue enqueue)
    {
        if (enqueue.Namespace.Lvb is not { } lvb)
            return 0;
        Span<byte> buffer = stackalloc byte[Math.Min(lvb.Size(enqueue.Asked), 512)];
        int filled = lvb.Fill(enqueue.Asked, buffer);
        return filled < LvbSizeLength ? 0 : MemoryMarshal.Read<ulong>(buffer);
    }
}
