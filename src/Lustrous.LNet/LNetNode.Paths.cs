using Lustrous.Idl.LNet;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>
/// Which interface a message leaves through and where it goes next (lnet_select_pathway in lib-move.c).
/// </summary>
public sealed partial class LNetNode
{
    LNetRoute[] _routes = [];       // replaced, never changed; guarded by _interfacesLock for writing

    /// <summary>The routes, in the order they were added.</summary>
    public IReadOnlyList<LNetRoute> Routes => Volatile.Read(ref _routes);

    /// <summary>
    /// Messages to <paramref name="net"/> go through <paramref name="gateway"/>, a router on a net of ours.
    /// </summary>
    /// <returns>EINVAL: we are on that net ourselves, or the gateway is one of us; EEXIST; EHOSTUNREACH: the gateway is
    /// on no net of ours.</returns>
    public Errno AddRoute(uint net, Nid gateway, int hops = 1, int priority = 0)
    {
        if (InterfaceOn(net) is not null || gateway.IsAny || IsLocal(gateway) || hops < 1)
            return Errno.EINVAL;
        if (InterfaceOn(gateway.Net) is null)
            return Errno.EHOSTUNREACH;
        if (_peers.GetOrAdd(gateway) is not { } peer)
            return Errno.ENOMEM;
        using (_interfacesLock.Enter())
        {
            foreach (LNetRoute route in _routes)
            {
                if (route.Net == net && route.Gateway == gateway)
                    return Errno.EEXIST;
            }
            Volatile.Write(ref _routes, [.. _routes, new LNetRoute(net, gateway, hops, priority, peer)]);
        }
        return Errno.OK;
    }

    /// <summary>Ends <see cref="AddRoute"/>; ENOENT when there is no such route.</summary>
    public Errno RemoveRoute(uint net, Nid gateway)
    {
        using (_interfacesLock.Enter())
        {
            LNetRoute[] left = [.. _routes.Where(route => route.Net != net || route.Gateway != gateway)];
            if (left.Length == _routes.Length)
                return Errno.ENOENT;
            Volatile.Write(ref _routes, left);
        }
        return Errno.OK;
    }

    Errno SelectPath(LNetMessage message)
    {
        Nid target = message.Target.Nid;
        if (target.IsAny)
            return Errno.EINVAL;
        if (IsLocal(target))
        {
            // Whatever address of ours it was, it is 0@lo's, under that name (lnet_handle_lo_send).
            SetPath(message, _loopback, null, Nid.Loopback, Nid.Loopback);
            return Errno.OK;
        }
        LNetInterface? self = null;
        if (!message.Self.IsAny && !message.Self.IsLoopback)
        {
            self = FindInterface(message.Self);
            if (self is null)
                return Errno.EINVAL;
        }
        LNetPeerInterface? peer = _peers.GetOrAdd(target);
        if (message.IsResponse)
            return SelectResponsePath(message, self!, peer, target);

        (LNetInterface? ni, LNetPeerInterface? to) = SelectDirect(message, self, peer);
        if (ni is not null)
        {
            Nid destination = to?.Nid ?? target;
            SetPath(message, ni, to, destination, destination);
            return Errno.OK;
        }
        LNetRoute? route = SelectRoute(target.Net, self, out ni);
        if (route is null)
            return Errno.EHOSTUNREACH;
        SetPath(message, ni!, route.Peer, route.Gateway, target);
        return Errno.OK;
    }

    /// <summary>An answer goes back the way its question came: same interface, same router.</summary>
    static Errno SelectResponsePath(LNetMessage message, LNetInterface self, LNetPeerInterface? peer, Nid target)
    {
        Nid nextHop = target.Net == self.Nid.Net ? target : message.AnswerTo;
        SetPath(message, self, peer, nextHop, target);
        return Errno.OK;
    }

    static void SetPath(LNetMessage message, LNetInterface ni, LNetPeerInterface? peer, Nid nextHop, Nid destination)
    {
        message.Interface = ni;
        message.Peer = peer;
        message.NextHop = nextHop;
        message.Header.DestinationNid = destination;
        message.Header.SourceNid = ni.Nid;
    }

    /// <summary>
    /// Among our interfaces and the peer's on a common net: the healthiest pair, and of these the least used.
    /// </summary>
    (LNetInterface? Own, LNetPeerInterface? To) SelectDirect(
        LNetMessage message, LNetInterface? self, LNetPeerInterface? peer)
    {
        LNetInterface[] interfaces = InterfaceArray;
        Nid target = message.Target.Nid;
        LNetInterface? bestOwn = null;
        LNetPeerInterface? best = null;
        foreach (LNetInterface ni in interfaces)
        {
            if (self is not null && ni != self)
                continue;
            if (peer is null || message.ExactTarget || peer.Peer.InterfaceSpan.Length == 1)
            {
                if (ni.Nid.Net == target.Net && (bestOwn is null || IsBetter(ni, bestOwn)))
                    (bestOwn, best) = (ni, peer);
                continue;
            }
            foreach (LNetPeerInterface candidate in peer.Peer.InterfaceSpan)
            {
                if (candidate.Nid.Net != ni.Nid.Net)
                    continue;
                if (bestOwn is null || IsBetter(candidate, best!)
                    || (candidate == best && IsBetter(ni, bestOwn)))
                    (bestOwn, best) = (ni, candidate);
            }
        }
        return (bestOwn, best);
    }

    static bool IsBetter(LNetInterface left, LNetInterface right) =>
        left.Health != right.Health ? left.Health > right.Health : left.SentMessages < right.SentMessages;

    static bool IsBetter(LNetPeerInterface left, LNetPeerInterface right)
    {
        if (left.Alive != right.Alive)
            return left.Alive;
        return left.Health != right.Health ? left.Health > right.Health : left.SentMessages < right.SentMessages;
    }

    LNetRoute? SelectRoute(uint net, LNetInterface? self, out LNetInterface? own)
    {
        LNetRoute? best = null;
        own = null;
        foreach (LNetRoute route in Volatile.Read(ref _routes))
        {
            if (route.Net != net || (best is not null && !route.IsBetterThan(best)))
                continue;
            LNetInterface? ni = self is null ? InterfaceOn(route.Gateway.Net) : self;
            if (ni is null || ni.Nid.Net != route.Gateway.Net)
                continue;
            (best, own) = (route, ni);
        }
        return best;
    }

    LNetInterface? FindInterface(Nid nid)
    {
        foreach (LNetInterface ni in InterfaceArray)
        {
            if (ni.Nid == nid)
                return ni;
        }
        return null;
    }

    LNetInterface? InterfaceOn(uint net)
    {
        LNetInterface? best = null;
        foreach (LNetInterface ni in InterfaceArray)
        {
            if (ni.Nid.Net == net && (best is null || IsBetter(ni, best)))
                best = ni;
        }
        return best;
    }

    bool IsGateway(LNetPeer peer)
    {
        foreach (LNetRoute route in Volatile.Read(ref _routes))
        {
            if (route.Peer.Peer == peer)
                return true;
        }
        return false;
    }
}
