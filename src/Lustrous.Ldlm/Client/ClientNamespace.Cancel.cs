using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Client;

// Giving locks back: when the server asks, when the owner wants to, and early along with another request.
public sealed partial class ClientNamespace
{
    /// <summary>Cancels under way at once; what comes meanwhile goes together.</summary>
    const int MaxCancelsInFlight = 4;

    readonly RankedLock _cancelLock = new(15, "ns_cancels");
    CancelBatch? _nextBatch;        // guarded by _cancelLock
    int _cancelsInFlight;           // guarded by _cancelLock

    /// <summary>Gives one lock back when nobody uses it any more; ends when the server has been told, or at once if it
    /// is still in use.</summary>
    public async ValueTask CancelAsync(ClientLock held)
    {
        ArgumentNullException.ThrowIfNull(held);
        bool leaves;
        using (held.Enter())
        {
            leaves = held.TryLeave();
            if (!leaves && held.State == ClientLockState.Granted)
                held.Block(0, discard: false);
        }
        if (!leaves)
            return;
        if (await FlushAsync(held) is var remote and not 0)
            await CancelRemoteAsync(remote);
    }

    /// <summary>Gives back every unused lock, or those of one resource (<c>ldlm_cli_cancel_unused</c>).</summary>
    /// <param name="resource">Which; null for all.</param>
    /// <param name="loss">Discard drops dirty data.</param>
    public async ValueTask CancelUnusedAsync(LdlmResId? resource, LockLoss loss = LockLoss.Cancelled)
    {
        var handles = new List<ulong>();
        foreach (ClientLock held in ListLocks(resource))
        {
            using (held.Enter())
            {
                if (!held.TryLeave())
                    continue;
            }
            if (await FlushAsync(held, loss) is var remote and not 0)
                handles.Add(remote);
        }
        if (handles.Count > 0)
            await SendCancelsAsync(handles);
    }

    /// <summary>
    /// Gives up unused locks of a resource that conflict with <paramref name="mode"/>, for a request to carry the
    /// cancels (ldlm_cancel_resource_local); with none, an empty list. Ends synchronously where there is nothing to
    /// flush.
    /// </summary>
    /// <param name="resource">Which.</param>
    /// <param name="mode">What the request is going to lock it with.</param>
    /// <param name="bits">And which bits.</param>
    /// <param name="keep">Bits to be kept if a lock has them besides: where no other lock covers them it is converted,
    /// once, where it would have to be asked for again after each change of a directory.</param>
    /// <param name="loss">What the owner is told: OwnChange where it makes the change.</param>
    public async ValueTask<LockCancels> CollectCancelsAsync(
        LdlmResId resource, LockMode mode, InodeBits bits, InodeBits keep = InodeBits.NONE,
        LockLoss loss = LockLoss.Cancelled)
    {
        var cancels = new LockCancels(this);
        await CollectCancelsAsync(cancels, resource, mode, bits, keep, loss);
        return cancels;
    }

    /// <summary>The same for another resource, into the same list.</summary>
    public async ValueTask CollectCancelsAsync(
        LockCancels into, LdlmResId resource, LockMode mode, InodeBits bits, InodeBits keep = InodeBits.NONE,
        LockLoss loss = LockLoss.Cancelled)
    {
        ArgumentNullException.ThrowIfNull(into);
        if (MaxPackedCancels == 0 || !_resources.TryGet(resource, out ClientResource? found))
            return;
        List<ClientLock>? leaving = null, converting = null;
        using (found.Lock.Enter())
        {
            var all = new List<ClientLock>();
            found.CopyTo(all);
            foreach (ClientLock held in all)
            {
                if (LockModes.AreCompatible(held.GrantedMode, mode) || held.IsBlocked)
                    continue;
                // Data kept on the MDT is not written back for the sake of an attribute.
                bool isApart = found.Type == LockType.Ibits
                    && ((held.Bits & bits) == 0 || ((held.Bits & ~bits) & InodeBits.DOM) != 0);
                if (isApart)
                    continue;
                if (NeedsConversion(held, held.Bits & keep & ~bits, all) && held.TryConvert(bits))
                    (converting ??= []).Add(held);
                else if (held.TryLeave())
                    (leaving ??= []).Add(held);
            }
        }
        foreach (ClientLock held in leaving ?? [])
        {
            if (await FlushAsync(held, loss) is var remote and not 0)
                into.Add(remote);
        }
        // Before the request: a server that saw that first would take the whole lock back.
        foreach (ClientLock held in converting ?? [])
            await GiveBackAsync(held, loss);
    }

    static bool NeedsConversion(ClientLock held, InodeBits kept, List<ClientLock> all)
    {
        if (kept == InodeBits.NONE)
            return false;
        foreach (ClientLock other in all)
        {
            bool covers = other != held && other.State == ClientLockState.Granted && !other.IsBlocked
                && (other.Bits & kept) == kept;
            if (covers)
                return false;
        }
        return true;
    }

    /// <summary>Does what a decision came to. Flushing may take long: it runs by itself.</summary>
    internal void Act(ClientLock held, ClientAction action)
    {
        switch (action)
        {
            case ClientAction.Cancel:
            case ClientAction.Convert:
                Context.Work.Post(
                    static state =>
                    {
                        var leaving = (ClientLock)state!;
                        leaving.Namespace.Spawn(leaving.Namespace.GiveBackAsync(leaving));
                    },
                    held);
                break;
            case ClientAction.Keep:
                Keep(held);
                break;
            case ClientAction.Hint:
                held.Callbacks.Blocked(held);
                break;
        }
    }

    internal void Release(ClientLock held, LockMode mode, bool andCancel)
    {
        ClientAction action;
        using (held.Enter())
            action = held.Release(mode, andCancel, mayConvert: true);
        if (action != ClientAction.None)
            Act(held, action);
    }

    /// <summary>All cancels in as few requests as may be.</summary>
    internal async ValueTask SendCancelsAsync(List<ulong> handles)
    {
        int most = Math.Max(MaxPackedCancels, 1);
        for (int i = 0; i < handles.Count; i += most)
            await SendCancelAsync(handles, i, Math.Min(most, handles.Count - i));
    }

    /// <summary>Flushes a lock that has been asked for and gives it, or the bits in question, back.</summary>
    internal async ValueTask GiveBackAsync(ClientLock held, LockLoss loss = LockLoss.Cancelled)
    {
        if (held.State == ClientLockState.Leaving)
        {
            if (await FlushAsync(held, loss) is var remote and not 0)
                await CancelRemoteAsync(remote);
            return;
        }
        InodeBits dropped = held.DroppedBits;
        await held.Callbacks.LosingAsync(held, dropped, loss);
        bool kept = await SendConvertAsync(held);
        ClientAction action;
        using (held.Enter())
            action = held.Converted(kept);
        Act(held, action);
    }

    /// <summary>What the lock protects goes, then the lock: from here on the server hears that we have none. Returns
    /// the handle that is to be cancelled; 0 when the server knows.</summary>
    async ValueTask<ulong> FlushAsync(ClientLock held, LockLoss asked = LockLoss.Cancelled)
    {
        LockLoss loss = held.IsFailed ? LockLoss.Evicted : held.Discards ? LockLoss.Discard : asked;
        await held.Callbacks.LosingAsync(held, held.Bits, loss);
        bool ended;
        using (held.Enter())
        {
            ended = held.TryEnd();
            if (ended)
            {
                held.InResource.Remove(held);
                PutLocked(held.InResource);
            }
        }
        if (!ended)
            return 0;
        _lru.Remove(held);
        Node.Forget(held);
        Interlocked.Decrement(ref _lockCount);
        return held.IsFailed ? 0 : held.RemoteHandle;
    }

    /// <summary>One cancel; those that come while others are under way go together.</summary>
    async ValueTask CancelRemoteAsync(ulong remoteHandle)
    {
        CancelBatch batch;
        bool starts;
        using (_cancelLock.Enter())
        {
            batch = _nextBatch ??= new CancelBatch();
            batch.Handles.Add(remoteHandle);
            starts = _cancelsInFlight < MaxCancelsInFlight;
            if (starts)
            {
                _cancelsInFlight++;
                _nextBatch = null;
            }
        }
        if (starts)
            await RunBatchesAsync(batch);
        else
            await batch.Sent.Task;
    }

    async ValueTask RunBatchesAsync(CancelBatch? batch)
    {
        while (batch is not null)
        {
            await SendCancelsAsync(batch.Handles);
            batch.Sent.TrySetResult();
            using (_cancelLock.Enter())
            {
                (batch, _nextBatch) = (_nextBatch, null);
                if (batch is null)
                    _cancelsInFlight--;
            }
        }
    }

    /// <summary>Whatever the answer, the locks are gone: a server that does not know one has cancelled it.</summary>
    async ValueTask SendCancelAsync(List<ulong> handles, int first, int count)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.LdlmCancel);
        request.RequestPortal = Portals.LDLM_CANCEL_REQUEST_PORTAL;
        request.ReplyPortal = Portals.LDLM_CANCEL_REPLY_PORTAL;
        request.HighPriority = true;
        request.SetSize(Rmf.DlmReq, s_headSize + Math.Max(count, LdlmConst.LDLM_LOCKREQ_HANDLES) * sizeof(ulong));
        request.Pack();
        Write(request, new LdlmRequest { Count = (uint)count }, CollectionsMarshal.AsSpan(handles).Slice(first, count));
        Errno status = await request.SendAsync(default);
        if (status is not (Errno.OK or Errno.ESTALE or Errno.EIO or Errno.ENOTCONN or Errno.ESHUTDOWN)
            && Context.Log.IsEnabled(LogLevel.Warning))
        {
            Context.Log.Warning(Name, $"cancelling {count} locks: {status}");
        }
    }

    /// <summary>Tells the server which bits are kept (<c>ldlm_cli_convert_req</c>).</summary>
    async ValueTask<bool> SendConvertAsync(ClientLock held)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.LdlmConvert);
        request.RequestPortal = Portals.LDLM_CANCEL_REQUEST_PORTAL;
        request.ReplyPortal = Portals.LDLM_CANCEL_REPLY_PORTAL;
        request.HighPriority = true;
        request.Pack();
        Write(request, new LdlmRequest { Count = 1, Desc = Describe(held) }, [held.RemoteHandle]);
        Errno status = await request.SendAsync(default);
        return status == Errno.OK && request.ReplyStatus == 0;
    }

    static void Write(PtlrpcRequest request, in LdlmRequest body, ReadOnlySpan<ulong> handles)
    {
        Span<byte> bytes = request.Capsule.GetBytes(Rmf.DlmReq, MessageSide.Request);
        MemoryMarshal.Write(bytes, body);
        handles.CopyTo(MemoryMarshal.Cast<byte, ulong>(bytes[s_headSize..]));
    }

    List<ClientLock> ListLocks(LdlmResId? resource)
    {
        var all = new List<ClientLock>();
        if (resource is not { } name)
        {
            foreach (ClientLock held in Node.ListLocks(this))
                all.Add(held);
        }
        else if (_resources.TryGet(name, out ClientResource? found))
        {
            using (found.Lock.Enter())
                found.CopyTo(all);
        }
        return all;
    }

    sealed class CancelBatch
    {
        public List<ulong> Handles { get; } = [];

        public TaskCompletionSource Sent { get; } = new();
    }
}
