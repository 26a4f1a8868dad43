using Lustrous.Ptlrpc.Bulk;

namespace Lustrous.Ptlrpc.Client;

// What happens next: one thread at a time, no lock.
public sealed partial class PtlrpcRequest
{
    RequestPhase _phase;
    bool _requestLinked, _replyLinked, _bulkLinked;     // LNet has our memory
    bool _replied;
    bool _timedOut;         // had no reply in time, or did not get through
    bool _resend;           // the next sending says MSG_RESENT
    bool _needsXid;         // the next sending is a new request for the server (EINPROGRESS)
    bool _isReplay;         // being replayed, not sent for its caller
    bool _cancelled;        // the caller no longer wants it; kept, for it may be said before the start
    bool _signalled;
    Errno _outcome;
    TaskCompletionSource<Errno>? _replayed;     // not the pooled source: its caller may not have looked at that yet
    int _disposed;
    int _progressRetries;
    TimeSpan _sentAt;
    TimeSpan _notBefore;    // an early second attempt would meet the same fault

    /// <summary>Sets bits; acts on them here unless another thread is at it, which then does.</summary>
    internal void Kick(RequestEvents events)
    {
        if ((Interlocked.Or(ref _events, (int)(events | RequestEvents.Running)) & (int)RequestEvents.Running) != 0)
            return;
        AddReference();
        bool signal = false;
        do
        {
            var now = (RequestEvents)Interlocked.And(ref _events, (int)RequestEvents.Running);
            Process(now & ~RequestEvents.Running);
            // What comes while it ends has another round made, which must not take the signal back.
            signal |= _phase == RequestPhase.Done && !_signalled;
            _signalled |= signal;
        }
        while (Interlocked.CompareExchange(ref _events, 0, (int)RequestEvents.Running) != (int)RequestEvents.Running);
        if (signal)
            Complete();
        Release();
    }

    void IDeadlineOwner.OnDeadline()
    {
        Kick(RequestEvents.Due);
        Release();
    }

    void IBulkOwner.OnBulkEnded(BulkDescriptor bulk) => Kick(RequestEvents.BulkEnded);

    void Process(RequestEvents events)
    {
        if ((events & RequestEvents.RequestOut) != 0)
            _requestLinked = false;
        if ((events & RequestEvents.ReplyUnlinked) != 0)
            _replyLinked = false;
        if ((events & RequestEvents.BulkEnded) != 0)
            _bulkLinked = false;
        if ((events & RequestEvents.ReplyArrived) != 0)
            _replied = true;
        _cancelled |= (events & RequestEvents.Cancel) != 0;
        if (_phase == RequestPhase.Done || (_phase == RequestPhase.New && (events & RequestEvents.Start) == 0))
            return;

        if (_phase != RequestPhase.Ending)
        {
            if (_cancelled && !_isReplay)
                End(Errno.EINTR);
            else if ((events & RequestEvents.Abort) != 0 && !Import.IsCurrent(Generation))
                End(Errno.EIO);
            else if ((events & RequestEvents.ConnectFailed) != 0 && _phase == RequestPhase.Waiting && NoResend)
                End(Errno.EIO);
        }
        switch (_phase)
        {
            case RequestPhase.New:
                _phase = RequestPhase.Waiting;
                TrySend();
                break;
            case RequestPhase.Waiting:
                if ((events & (RequestEvents.Wake | RequestEvents.Due)) != 0)
                    TrySend();
                break;
            case RequestPhase.Sent:
                WhileSent(events);
                break;
            case RequestPhase.Bulk:
                WhileBulk(events);
                break;
        }
        if (_phase == RequestPhase.Again)
            TryAgain();
        if (_phase == RequestPhase.Ending && !_replyLinked && !_bulkLinked)
            Finish();
    }

    void WhileSent(RequestEvents events)
    {
        if (_replied)
        {
            TakeBack(andBulk: false);
            if (!_replyLinked && !_requestLinked)
                HandleReply();
            return;
        }
        bool bulkBroke = (events & RequestEvents.BulkEnded) != 0 && Bulk!.Failed;
        if ((events & RequestEvents.NetError) != 0 || bulkBroke)
            Expire(isNetError: true);
        else if ((events & RequestEvents.Due) != 0 && !ExtendIfEarly(events))
            Expire(isNetError: false);
        else if ((events & RequestEvents.Resend) != 0 && !NoResend && !AllowReplay)
            SendAgain(TimeSpan.Zero);
        else if ((events & RequestEvents.EarlyReply) != 0)
            ExtendDeadline();
    }

    void WhileBulk(RequestEvents events)
    {
        if ((events & RequestEvents.Due) != 0)
            Bulk!.Abort();
        // The server had the data, or said that it gave it, and yet we saw less.
        if (!_bulkLinked)
            End(Bulk!.Failed ? Errno.EIO : Errno.OK);
    }

    /// <summary>The deadline may be an old one: that of an earlier attempt, or from before an early reply.</summary>
    bool ExtendIfEarly(RequestEvents events)
    {
        if ((events & RequestEvents.EarlyReply) != 0)
            ExtendDeadline();
        if (_node.Context.Uptime >= _due)
            return false;
        Arm(_due);
        return true;
    }

    /// <summary>No reply in time, or the network failed (<c>ptlrpc_expire_one_request</c>).</summary>
    void Expire(bool isNetError)
    {
        _timedOut = true;
        Import.CountTimeout();
        if (Import.IsReverse || SendState != ImportState.Full)
        {
            End(Errno.ETIMEDOUT);
            return;
        }
        uint connectCount = ConnectCount;
        bool isOldPing = Opcode == (uint)Idl.Ptlrpc.ObdOpcode.Ping && Xid <= Import.HighestRepliedXid;
        if (NoResend)
            End(isNetError ? Errno.EIO : Errno.ETIMEDOUT);
        else
            SendAgain(isNetError ? _sentAt + TimeSpan.FromSeconds(1) : TimeSpan.Zero);
        if (!isOldPing)
            Import.ConnectionLost(connectCount);
    }

    void SendAgain(TimeSpan notBefore)
    {
        _phase = RequestPhase.Again;
        _resend = true;
        _notBefore = notBefore;
    }

    void TryAgain()
    {
        TakeBack(andBulk: true);
        if (_requestLinked || _replyLinked || _bulkLinked)
            return;
        _phase = RequestPhase.Waiting;
        if (_notBefore > _node.Context.Uptime)
        {
            Arm(_notBefore);
            return;
        }
        TrySend();
    }

    /// <summary>Asks the import, and sends, waits or ends as it says.</summary>
    void TrySend()
    {
        if (_notBefore > _node.Context.Uptime)
            return;
        _notBefore = TimeSpan.Zero;
        Disarm();
        Admission admission = Import.Admit(this, _resend, out SendTicket ticket);
        if (admission.IsSent)
            Transmit(ticket);
        else if (admission.Error != Errno.OK)
            End(admission.Error);
    }

    /// <summary>Settles the status; it ends when LNet has given everything back.</summary>
    void End(Errno status)
    {
        _outcome = status;
        if (!_isReplay)
            Status = status;
        _phase = RequestPhase.Ending;
        TakeBack(andBulk: true);
    }

    /// <summary>Takes back what LNet has; it may take until a transfer under way has ended.</summary>
    void TakeBack(bool andBulk)
    {
        if (_requestLinked)
            _node.LNet.Unlink(_requestMd);
        if (_replyLinked)
            _node.LNet.Unlink(_replyMd);
        if (andBulk && _bulkLinked)
            Bulk!.Abort();
    }

    void Finish()
    {
        _phase = RequestPhase.Done;
        Disarm();
        Import.Finished(this);
        if (_replied && !_isReplay && _outcome == Errno.OK)
            _node.Hooks.ReplyReceived(this);
    }

    void Complete()
    {
        if (_isReplay)
        {
            _replayed!.SetResult(_outcome);
            Release();
            return;
        }
        CancellationTokenRegistration registration = _cancelRegistration;
        _cancelRegistration = default;
        bool wasRegistered = registration.Unregister();
        _source.SetResult(Status);
        if (wasRegistered)
            Release();
        Release();      // SendAsync's own
    }

    void Arm(TimeSpan due)
    {
        AddReference();
        if (!_node.Deadlines.Set(_deadline, due))
            Release();
    }

    void Disarm()
    {
        if (_node.Deadlines.Remove(_deadline))
            Release();
    }
}
