using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

// Locks that come back: cancelled, converted, or because their client has gone.
public sealed partial class ServerNamespace
{
    // Positive on the wire: an answer, which clients take for success.
    const int NoSuchLock = (int)Errno.ESTALE;

    static readonly int s_handlesOffset = Unsafe.SizeOf<LdlmRequest>();

    /// <summary>Cancels locks that a request carries in its DLM_REQ besides its own business: unlink, setattr and the
    /// like (ELC; <c>ldlm_request_cancel</c>). From <paramref name="first"/> on; returns how many there were.</summary>
    public int CancelRequestLocks(ServerRequest request, int first = 0)
    {
        ArgumentNullException.ThrowIfNull(request);
        // A replayed request's locks are gone with the server's last life.
        if ((request.Flags & MsgFlags.REPLAY) != 0 || request.Export is not { } export
            || !request.Capsule.FieldPresent(Rmf.DlmReq, MessageSide.Request)
            || !request.Capsule.TryGet(Rmf.DlmReq, MessageSide.Request, out LdlmRequest body))
        {
            return 0;
        }
        ReadOnlySpan<LustreHandle> handles = Handles(request);
        uint count = Math.Max(body.Count, 1);
        if (count > handles.Length || (count == 1 && !handles[0].IsUsed))
            return 0;
        int done = 0;
        for (int i = first; i < count; i++)
        {
            if (FindLock(export, handles[i].Cookie) is not { } found)
                continue;
            done++;
            GiveBack(found);
        }
        return done;
    }

    /// <summary>A client has gone: its locks go, and who waited for them gets them.</summary>
    public void Disconnected(Export export)
    {
        ArgumentNullException.ThrowIfNull(export);
        foreach (ServerLock held in ExportLocks.Of(export).Close())
        {
            // What it had not written is lost: the object knows better than what the client once told.
            if ((held.GrantedMode & (LockMode.PW | LockMode.EX | LockMode.GROUP)) != 0)
                UpdateLvb(held.Resource, default);
            Destroy(held);
        }
    }

    /// <summary>Every client has told what it holds and waits for: who is in the way of whom is looked at once more
    /// (<c>ldlm_reprocess_recovery_done</c>).</summary>
    public void RecoveryDone()
    {
        List<ServerResource> all = _resources.ToList();
        all.Sort(static (a, b) => Compare(a.Name, b.Name));
        foreach (ServerResource resource in all)
        {
            LockActions actions = TakeActions();
            using (resource.Lock.Enter())
                resource.Queues.Reprocess(tellAgain: true, actions);
            Perform(actions);
        }

        static int Compare(in LdlmResId a, in LdlmResId b) =>
            (a.Name[0], a.Name[1], a.Name[2], a.Name[3]).CompareTo((b.Name[0], b.Name[1], b.Name[2], b.Name[3]));
    }

    internal static ReadOnlySpan<LustreHandle> Handles(ServerRequest request)
    {
        Span<byte> bytes = request.Capsule.GetBytes(Rmf.DlmReq, MessageSide.Request);
        return bytes.Length <= s_handlesOffset
            ? default
            : MemoryMarshal.Cast<byte, LustreHandle>(bytes[s_handlesOffset..]);
    }

    /// <summary>Takes a lock out of everything, once, and grants what it kept from others.</summary>
    internal void Destroy(ServerLock gone)
    {
        ServerResource resource = gone.Resource;
        LockActions actions = TakeActions();
        using (resource.Lock.Enter())
        {
            if (gone.IsDestroyed)
            {
                ReturnActions(actions);
                return;
            }
            bool wasQueued = gone.Queue != LockQueue.None;
            if (gone.Queue == LockQueue.Granted)
                Interlocked.Decrement(ref _granted);
            Forget(gone);
            resource.Queues.Remove(gone);
            if (wasQueued)
                resource.Queues.Reprocess(tellAgain: false, actions);
        }
        gone.Completion?.TrySetResult(Errno.EINTR);
        Unregister(gone);
        Perform(actions);
    }

    /// <summary>Nobody finds it any more, and it keeps its resource no longer.</summary>
    void Unregister(ServerLock gone)
    {
        _locks.Remove(gone.Cookie, gone);
        if (gone.Export is { } export)
            ExportLocks.Of(export).Remove(gone);
        Put(gone.Resource);
    }

    void GiveBack(ServerLock held)
    {
        if ((held.Flags & LockFlags.DISCARD_DATA) == 0)
            UpdateLvb(held.Resource, default);
        Destroy(held);
    }

    /// <summary>It is not waited for any more; under its resource's lock.</summary>
    void Forget(ServerLock held)
    {
        if (held.BlockedAt == default)
            return;
        held.BlockedAt = default;
        _timers.Remove(held);
        if (held.Export is { } export)
            ExportLocks.Of(export).CountBlocked(-1);
    }

    void UpdateLvb(ServerResource resource, ReadOnlySpan<byte> fromClient)
    {
        if (resource.IsLvbReady)
            Lvb!.Update(resource, fromClient, increaseOnly: true);
    }

    ValueTask<Errno> HandleCancel(ServerRequest request, CancellationToken cancel)
    {
        if (Handles(request).IsEmpty)
            return new(Errno.EPROTO);
        if (CancelRequestLocks(request) == 0)
            request.Status = NoSuchLock;
        return new(Errno.OK);
    }

    /// <summary>A client keeps fewer bits (<c>ldlm_handle_convert0</c>).</summary>
    ValueTask<Errno> HandleConvert(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.DlmReq, MessageSide.Request, out LdlmRequest body)
            || Handles(request) is not { IsEmpty: false } handles)
            return new(Errno.EPROTO);
        ulong cookie = handles[0].Cookie;
        if (request.PackReply() is var error and not Errno.OK)
            return new(error);
        var reply = new LdlmReply { Flags = body.Flags };
        ServerLock? held = FindLock(request.Export!, cookie);
        if (held is not { Resource.Type: LockType.Ibits, IsGranted: true })
            request.Status = (int)LdlmStatus.NO_LOCK_DATA;
        else if (body.Desc.RequestedMode != held.GrantedMode)
            return new(Errno.EPROTO);
        else
            Convert(held, body.Desc.PolicyData.InodeBits.Bits, request, ref reply);
        request.Capsule.Set(Rmf.DlmRep, MessageSide.Reply, reply);
        return new(Errno.OK);
    }

    void Convert(ServerLock held, InodeBits kept, ServerRequest request, ref LdlmReply reply)
    {
        LockActions actions = TakeActions();
        using (held.Resource.Lock.Enter())
        {
            InodeBits dropped = held.Bits & ~kept;
            if (held.IsDestroyed || held.Queue != LockQueue.Granted)
            {
                request.Status = (int)LdlmStatus.NO_LOCK_DATA;
            }
            else if (dropped == held.Bits)
            {
                request.Status = (int)LdlmStatus.NO_LOCK_DATA;      // nothing kept: that is a cancel
            }
            else if (dropped != 0)
            {
                // Its time starts anew if somebody wants more of it, which the actions then say.
                Forget(held);
                held.Resource.Queues.Drop(held, dropped, actions);
            }
            reply.Handle = new LustreHandle(held.RemoteHandle);
            reply.Desc.PolicyData = held.Policy;
        }
        Perform(actions);
    }
}
