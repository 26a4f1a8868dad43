using System.Runtime.CompilerServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Client;

// What becomes of the locks when the server has restarted, or has thrown us out.
public sealed partial class ClientNamespace
{
    /// <summary>Replays under way at once.</summary>
    const int ReplayWindow = 64;

    /// <summary>The server has restarted and trusts us: tells it of every lock (<c>ldlm_replay_locks</c>).</summary>
    internal async ValueTask<Errno> ReplayAsync(CancellationToken cancel)
    {
        List<ClientLock> all = Node.ListLocks(this);
        Errno result = Errno.OK;
        var window = new Queue<Task<Errno>>();
        foreach (ClientLock held in all)
        {
            if (window.Count == ReplayWindow)
                result = Merge(result, await window.Dequeue());
            window.Enqueue(ReplayOneAsync(held, cancel));
        }
        while (window.TryDequeue(out Task<Errno>? replay))
            result = Merge(result, await replay);
        return result != Errno.OK ? result : await ReplayFileLocksAsync(cancel);

        static Errno Merge(Errno first, Errno second) => first != Errno.OK ? first : second;
    }

    /// <summary>The server has forgotten us: nothing is protected any more (<c>ldlm_namespace_cleanup</c>).</summary>
    internal async ValueTask InvalidateAsync()
    {
        _fileLocks.Clear();
        foreach (ClientLock held in Node.ListLocks(this))
        {
            ClientAction action;
            TaskCompletionSource<Errno>? waiting;
            using (held.Enter())
            {
                action = held.Fail();
                waiting = held.State == ClientLockState.Waiting ? held.Completion : null;
            }
            waiting?.TrySetResult(Errno.EIO);
            if (action == ClientAction.Cancel)
                await FlushAsync(held);
            else
                Act(held, action);
        }
    }

    async Task<Errno> ReplayOneAsync(ClientLock held, CancellationToken cancel)
    {
        LockFlags flags;
        var body = new LdlmRequest { Count = 1 };
        using (held.Enter())
        {
            // One that is asked for is asked for again by its own request; one that has gone is nobody's.
            if (held.IsFailed || held.State is ClientLockState.Asking or ClientLockState.Gone)
                return Errno.OK;
            flags = LockFlags.REPLAY
                | (held.State == ClientLockState.Waiting ? LockFlags.BLOCK_WAIT : LockFlags.BLOCK_GRANTED);
            body.Desc = Describe(held);
        }
        body.Flags = (uint)flags;
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.LdlmEnqueue);
        request.SendState = ImportState.ReplayLocks;
        request.NoDelay = true;
        request.SetReplySize(Rmf.DlmLvb, held.Type == LockType.Extent ? Unsafe.SizeOf<OstLvb>() : 0);
        request.Pack();
        Write(request, body, [held.Cookie]);
        Errno status = await request.SendAsync(cancel);
        if (status != Errno.OK)
            return status;
        if (request.Get(Rmf.DlmRep) is not { Failed: false } reply || !reply.Value.Handle.IsUsed)
            return Errno.EPROTO;
        using (held.Enter())
            held.RemoteHandle = reply.Value.Handle.Cookie;
        return Errno.OK;
    }
}
