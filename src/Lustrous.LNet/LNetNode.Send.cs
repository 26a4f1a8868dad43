using Lustrous.Idl.LNet;
using Lustrous.LNet.Matching;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>Outgoing messages, from LNetPut and LNetGet to their SEND event (lib-move.c, lib-msg.c).</summary>
public sealed partial class LNetNode
{
    readonly RankedLock _messagesLock = new(36, "lnet_messages");
    LNetMessage? _freeMessages;     // guarded by _messagesLock

    /// <summary>
    /// Sends <paramref name="md"/>'s bytes (LNetMDBind unless that is done, and LNetPut). SEND follows when they have
    /// left, and ACK when one was asked for and came, in any order; a failure comes as the event's status.
    /// </summary>
    /// <param name="md">A free-floating source; its <c>Threshold</c> counts SEND and ACK, as in LNet. It unlinks itself
    /// when that is used up and nothing is under way.</param>
    /// <param name="offset">Where in <paramref name="md"/> the payload starts.</param>
    /// <param name="length">Payload bytes.</param>
    /// <param name="ackWanted">Asks the target for an ACK.</param>
    /// <param name="self">Send from this address of ours; <see cref="Nid.Any"/> lets LNet choose.</param>
    /// <param name="remoteOffset">Where in the target's descriptor it goes, if that is remote-managed.</param>
    /// <returns><c>OK</c>: events follow. Else none does: ENOENT, <paramref name="md"/> is attached, unlinked meanwhile
    /// or has no threshold left; EINVAL, no such range or portal; ESHUTDOWN.</returns>
    public Errno Put(
        MemoryDescriptor md, int offset, int length, bool ackWanted, Nid self, LNetProcessId target, int portal,
        ulong matchBits, int remoteOffset, ulong headerData) => Put(
            md, offset, length, ackWanted, self, target, portal, matchBits, remoteOffset, headerData, exact: false);

    Errno Put(
        MemoryDescriptor md, int offset, int length, bool ackWanted, Nid self, LNetProcessId target, int portal,
        ulong matchBits, int remoteOffset, ulong headerData, bool exact)
    {
        if ((uint)portal >= PortalCount || remoteOffset < 0 || (uint)length > MaxPayload
            || (uint)offset > (uint)md.Length || length > md.Length - offset)
            return Errno.EINVAL;
        LNetMessage message = RentMessage();
        Errno status = Bind(md, message, ackWanted ? LNetMessageType.Ack : null, target);
        if (status != Errno.OK)
        {
            ReturnMessage(message);
            return status;
        }
        message.Header.Type = LNetMessageType.Put;
        message.Header.Handle = ackWanted ? message.Header.Handle : WireHandle.None;
        message.Header.MatchBits = matchBits;
        message.Header.HeaderData = headerData;
        message.Header.Portal = (uint)portal;
        message.Header.Offset = (uint)remoteOffset;
        message.SetPayload(md, offset, length);
        message.Movable = MovableBuffer(md, offset, length);
        message.ExactTarget = exact;
        StartSend(message, self, target, length);
        return Errno.OK;
    }

    /// <summary>Fetches bytes into <paramref name="md"/> (LNetGet). SEND and REPLY follow, in any order.</summary>
    /// <returns>As <see cref="Put(MemoryDescriptor, int, int, bool, Nid, LNetProcessId, int, ulong, int,
    /// ulong)"/>.</returns>
    public Errno Get(
        MemoryDescriptor md, Nid self, LNetProcessId target, int portal, ulong matchBits, int remoteOffset) =>
        Get(md, self, target, portal, matchBits, remoteOffset, exact: false);

    Errno Get(
        MemoryDescriptor md, Nid self, LNetProcessId target, int portal, ulong matchBits, int remoteOffset, bool exact)
    {
        if ((uint)portal >= PortalCount || remoteOffset < 0 || (uint)md.Length > MaxPayload)
            return Errno.EINVAL;
        LNetMessage message = RentMessage();
        Errno status = Bind(md, message, LNetMessageType.Reply, target);
        if (status != Errno.OK)
        {
            ReturnMessage(message);
            return status;
        }
        message.Header.Type = LNetMessageType.Get;
        message.Header.MatchBits = matchBits;
        message.Header.Portal = (uint)portal;
        message.Header.Offset = (uint)remoteOffset;
        message.Header.Length = (uint)md.Length;
        message.ExactTarget = exact;
        StartSend(message, self, target, md.Length);
        return Errno.OK;
    }

    /// <summary>Links a free-floating descriptor if it is not yet, and lets the message use it.</summary>
    Errno Bind(MemoryDescriptor md, LNetMessage message, LNetMessageType? response, LNetProcessId target)
    {
        if (Stopping)
            return Errno.ESHUTDOWN;
        MdOwner? owner = md.Owner;
        if (owner is null && ((md.Options & (MdOptions.OpPut | MdOptions.OpGet)) != 0 || !md.IsValid()))
            return Errno.EINVAL;
        HandleStripe? stripe = owner as HandleStripe;
        if (owner is null)
            stripe = _stripes[Interlocked.Increment(ref _nextStripe) & (HandleStripe.Count - 1)];
        if (stripe is null || md.Threshold == 0)
            return Errno.ENOENT;
        using (stripe.Lock.Enter())
        {
            if (owner is null)
            {
                md.AutoUnlink = true;
                if (!stripe.Link(md))
                    return Errno.ENOMEM;
            }
            else if (md.Owner != owner || md.Zombie || md.Threshold == 0)
            {
                return Errno.ENOENT;
            }
            md.BeginOperation();
            message.Descriptor = md;
            message.Header.Handle = md.Handle;
            if (response is not null)
            {
                md.ResponseType = response.Value;
                md.ResponsePeer = target;
                stripe.Track(md, Context.Clock.GetTimestamp() + _responseTimeout);
            }
        }
        if (response is not null)
            ArmMonitor();
        return Errno.OK;
    }

    /// <summary>
    /// The buffer may change hands only when the message is all that is in it, from its first byte on.
    /// </summary>
    static unsafe PooledBuffer? MovableBuffer(MemoryDescriptor md, int offset, int length) =>
        md.Movable is { } buffer && md.FragmentCount == 1 && offset == 0 && length > 0
            && md.Fragments[0].Start == buffer.Start && length <= buffer.Capacity
            ? buffer : null;

    void StartSend(LNetMessage message, Nid self, LNetProcessId target, int length)
    {
        message.Self = self;
        message.Target = target;
        message.Header.SourcePid = Options.Pid;
        message.Header.DestinationPid = target.Pid;
        ref EventInfo info = ref message.Event;
        info.Kind = LNetEventKind.Send;
        info.Initiator = info.Source = new LNetProcessId(Nid.Any, Options.Pid);
        info.Sender = Nid.Any;
        info.SelfNid = Nid.Any;
        info.Portal = (int)message.Header.Portal;
        info.MatchBits = message.Header.MatchBits;
        info.HeaderData = message.Header.HeaderData;
        info.Offset = (int)message.Header.Offset;
        info.MatchedLength = info.RequestedLength = length;
        if (Options.DiscoverPeers && !message.ExactTarget && WaitForDiscovery(message))
            return;
        Launch(message);
    }

    /// <summary>Chooses the way and hands the message to the driver; ends it where there is no way.</summary>
    void Launch(LNetMessage message)
    {
        Errno status = Stopping ? Errno.ESHUTDOWN : SelectPath(message);
        if (status != Errno.OK)
        {
            EndSend(message, status);
            return;
        }
        if (message.Event.Kind == LNetEventKind.Send)
            message.Event.SelfNid = message.Interface.Nid;
        message.Interface.CountSent(message.PayloadLength);
        message.Peer?.CountSent();
        message.Interface.Lnd.Send(message);
    }

    void ILNetCompletions.OnSendComplete(LNetMessage message, Errno status)
    {
        if (status == Errno.OK)
        {
            message.Interface.Succeeded(Options.HealthSensitivity);
        }
        else if (!Stopping)
        {
            NoteFailure(message, status);
            if (MayResend(message, status))
            {
                message.Retries++;
                Launch(message);
                return;
            }
        }
        EndSend(message, status);
    }

    /// <summary>
    /// Only what certainly never left may go again, and only where there is another way (lnet_health_check).
    /// </summary>
    bool MayResend(LNetMessage message, Errno status) =>
        !message.IsResponse && !message.ExactTarget && message.Retries < Options.RetryCount
        && status is Errno.EHOSTUNREACH or Errno.ENETUNREACH or Errno.ECONNREFUSED or Errno.EHOSTDOWN or Errno.ENETDOWN
            or Errno.EADDRNOTAVAIL
        && message.Peer is { } peer && (peer.Peer.InterfaceSpan.Length > 1 || InterfaceArray.Length > 1);

    void EndSend(LNetMessage message, Errno status)
    {
        if (status != Errno.OK)
        {
            (message.Interface ?? _loopback).CountError();
            if (!Stopping && _logLimit.MayWrite(LogLevel.Warning))
            {
                Context.Log.Warning(LogSource,
                    $"{message.Header.Type} of {message.PayloadLength} bytes to {message.Target}"
                    + $" was not sent: {status}");
            }
        }
        MemoryDescriptor? md = message.Descriptor;
        EventInfo info = message.Event;
        ReturnMessage(message);
        if (md is not null)
            _ = EndOperation(md, info, status);
    }

    LNetMessage RentMessage()
    {
        using (_messagesLock.Enter())
        {
            LNetMessage? message = _freeMessages;
            if (message is not null)
            {
                _freeMessages = message.NextFree;
                message.NextFree = null;
                return message;
            }
        }
        return new LNetMessage { Node = this };
    }

    void ReturnMessage(LNetMessage message)
    {
        message.Reset();
        using (_messagesLock.Enter())
        {
            message.NextFree = _freeMessages;
            _freeMessages = message;
        }
    }
}
