using Lustrous.Idl.LNet;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>Health of interfaces and the clock behind it: expired responses, recovery (lnet_monitor_thread).</summary>
public sealed partial class LNetNode
{
    static readonly TimeSpan MonitorInterval = TimeSpan.FromSeconds(1);

    readonly ITimer _monitor;
    readonly RankedLock _recoveryLock = new(26, "lnet_recovery");
    readonly List<LNetInterface> _sickInterfaces = [];      // guarded by _recoveryLock
    readonly List<LNetPeerInterface> _sickPeers = [];       // guarded by _recoveryLock
    int _monitorArmed;

    readonly long _responseTimeout;         // in clock time stamps

    /// <summary>A peer's connections all went away, or came up; feeds peer health.</summary>
    public void NotifyPeer(LNetInterface ni, Nid peer, bool alive)
    {
        if (Stopping || _peers.Find(peer) is not { } known)
            return;
        known.Alive = alive;
        if (alive)
        {
            known.Recovery.Reset();
            return;
        }
        // lnet_notify: lost connections count as a failure, so that a router or second address is pinged until it is
        // back.
        using (_recoveryLock.Enter())
            NotePeerFailureLocked(known);
        ArmMonitor();
    }

    void NoteHeard(LNetPeerInterface peer)
    {
        if (!peer.HeardFrom)
            peer.HeardFrom = true;
        if (!peer.Alive)
            peer.Alive = true;
        if (peer.Health == HealthValue.Max)
            return;
        // With one address there is no choice to steer, so nothing to restore step by step.
        bool alone = peer.Peer.InterfaceSpan.Length == 1;
        peer.Succeeded(alone ? HealthValue.Max : Options.HealthSensitivity);
        peer.Recovery.Reset();
    }

    /// <summary>Takes health from whoever is to blame for a message that did not leave.</summary>
    void NoteFailure(LNetMessage message, Errno status)
    {
        if (message.Peer is not { } peer)
            return;     // lolnd cannot be sick
        bool local = status is Errno.ENETDOWN or Errno.ENETUNREACH or Errno.EADDRNOTAVAIL or Errno.ENOMEM
            or Errno.ENOBUFS;
        using (_recoveryLock.Enter())
        {
            if (local)
            {
                LNetInterface ni = message.Interface;
                ni.Failed(Options.HealthSensitivity);
                Enqueue(ni.Recovery, _sickInterfaces, ni);
            }
            else
            {
                NotePeerFailureLocked(peer);
            }
        }
        ArmMonitor();
    }

    void NotePeerFailureLocked(LNetPeerInterface peer)
    {
        peer.Failed(Options.HealthSensitivity);
        // As lnet_health_check: a peer with one address is not pinged back to health; the next message will show.
        if (peer.Peer.InterfaceSpan.Length > 1 || IsGateway(peer.Peer))
            Enqueue(peer.Recovery, _sickPeers, peer);
    }

    void Enqueue<T>(HealthRecovery recovery, List<T> queue, T sick)
    {
        if (recovery.Queued)
            return;
        recovery.Queued = true;
        recovery.Schedule(Context.Clock, Options.MaxRecoveryPingInterval);
        queue.Add(sick);
    }

    /// <summary>Has the monitor look again in a second, unless it will anyway.</summary>
    void ArmMonitor()
    {
        if (Volatile.Read(ref _monitorArmed) == 0 && Interlocked.Exchange(ref _monitorArmed, 1) == 0)
            _monitor.Change(MonitorInterval, Timeout.InfiniteTimeSpan);
    }

    void RunMonitor()
    {
        if (Stopping)
            return;
        Volatile.Write(ref _monitorArmed, 0);
        bool more = ExpireResponses();
        more |= RecoverInterfaces();
        more |= RecoverPeers();
        if (more)
            ArmMonitor();
    }

    /// <summary>Unlinks what has waited too long for its response (lnet_finalize_expired_responses).</summary>
    /// <returns>Whether anything still waits.</returns>
    bool ExpireResponses()
    {
        bool more = false;
        long now = Context.Clock.GetTimestamp();
        foreach (Matching.HandleStripe stripe in _stripes)
        {
            while (true)
            {
                MemoryDescriptor? md;
                Nid peer;
                using (stripe.Lock.Enter())
                {
                    md = stripe.OldestTracked;
                    if (md is null)
                        break;
                    if (md.Deadline > now)
                    {
                        more = true;
                        break;
                    }
                    peer = md.ResponsePeer.Nid;
                    stripe.Untrack(md);
                }
                if (_logLimit.MayWrite(LogLevel.Warning))
                    Context.Log.Warning(LogSource, $"{peer} has not answered within {Options.TransactionTimeout}");
                Unlink(md, Errno.ETIMEDOUT);
                if (_peers.Find(peer) is { } silent)
                {
                    using (_recoveryLock.Enter())
                        NotePeerFailureLocked(silent);
                }
            }
        }
        return more;
    }

    /// <summary>
    /// Gives an interface of ours another chance from time to time. The kernel pings it through itself; here the
    /// messages that choose it again are the trial, and what they meet lowers it again.
    /// </summary>
    bool RecoverInterfaces()
    {
        long now = Context.Clock.GetTimestamp();
        using (_recoveryLock.Enter())
        {
            for (int i = _sickInterfaces.Count - 1; i >= 0; i--)
            {
                LNetInterface ni = _sickInterfaces[i];
                if (ni.Recovery.NextTry <= now)
                {
                    ni.Succeeded(Options.HealthSensitivity);
                    ni.Recovery.Schedule(Context.Clock, Options.MaxRecoveryPingInterval);
                }
                if (ni.Health < HealthValue.Max)
                    continue;
                ni.Recovery.Queued = false;
                ni.Recovery.Reset();
                _sickInterfaces.RemoveAt(i);
            }
            return _sickInterfaces.Count > 0;
        }
    }

    /// <summary>Pings sick addresses of peers that have others, ever more rarely (lnet_recover_peer_nis).</summary>
    bool RecoverPeers()
    {
        long now = Context.Clock.GetTimestamp();
        List<Nid> due = [];
        bool more;
        using (_recoveryLock.Enter())
        {
            for (int i = _sickPeers.Count - 1; i >= 0; i--)
            {
                LNetPeerInterface peer = _sickPeers[i];
                if (peer.Health == HealthValue.Max)
                {
                    peer.Recovery.Queued = false;
                    peer.Recovery.Reset();
                    _sickPeers.RemoveAt(i);
                }
                else if (peer.Recovery.NextTry <= now)
                {
                    peer.Recovery.Schedule(Context.Clock, Options.MaxRecoveryPingInterval);
                    due.Add(peer.Nid);
                }
            }
            more = _sickPeers.Count > 0;
        }
        // Its answer is a message from that address, which restores health (NoteHeard); its absence leaves it as it is.
        foreach (Nid nid in due)
            StartRecoveryPing(nid);
        return more;
    }
}
