namespace Lustrous.Ptlrpc.Client;

/// <summary>
/// What an import expects of its server: the network's latency, and the service time behind each portal (<c>struct
/// imp_at</c>).
/// </summary>
/// <remarks>Guarded by imp_lock. Source: ptlrpc_at_* in lustre/ptlrpc/client.c.</remarks>
public sealed class ImportTimeouts
{
    const int MaxPortals = 8;   // IMP_AT_MAX_PORTALS

    readonly PtlrpcOptions _options;
    readonly uint[] _portals = new uint[MaxPortals];
    readonly AdaptiveTimeout[] _services = new AdaptiveTimeout[MaxPortals];
    int _count;

    public ImportTimeouts(PtlrpcOptions options)
    {
        _options = options;
        NetLatency = new AdaptiveTimeout(options);
        for (int i = 0; i < MaxPortals; i++)
            _services[i] = new AdaptiveTimeout(options);
    }

    public AdaptiveTimeout NetLatency { get; }

    /// <summary>Portals with an estimate so far.</summary>
    public ReadOnlySpan<uint> Portals => _portals.AsSpan(0, _count);

    /// <summary>The service behind a portal; a new one starts from <c>at_min</c>. Portals beyond the eighth share the
    /// last.</summary>
    public AdaptiveTimeout Service(uint portal)
    {
        int index = Portals.IndexOf(portal);
        if (index >= 0)
            return _services[index];
        if (_count == MaxPortals)
            return _services[MaxPortals - 1];
        _portals[_count] = portal;
        return _services[_count++];
    }

    /// <summary>Seconds a request to <paramref name="portal"/> may take at the server
    /// (<c>ptlrpc_at_set_req_timeout</c>).</summary>
    /// <param name="portal">Request portal.</param>
    /// <param name="isServerSide">A server's callback to a client, which must not hold others up for long.</param>
    public int RequestSeconds(uint portal, bool isServerSide)
    {
        if (_options.AdaptiveTimeouts)
            return PtlrpcOptions.EstimateToTimeout(Service(portal).Seconds);
        return isServerSide ? _options.ObdTimeoutSeconds / 2 : _options.ObdTimeoutSeconds;
    }

    /// <summary>Seconds on top of it for the way there and back.</summary>
    public int LatencySeconds => _options.AdaptiveTimeouts ? NetLatency.Seconds : 0;

    /// <summary>
    /// Takes in how long a request took in all and how long of that the server says it worked
    /// (<c>ptlrpc_at_adj_net_latency</c>).
    /// </summary>
    public void MeasureLatency(long elapsedSeconds, int serviceSeconds, long now)
    {
        // A reply to an earlier attempt may come with more service time than this attempt has lasted.
        if (serviceSeconds > elapsedSeconds + 3)
            return;
        NetLatency.Measure((int)Math.Min(Math.Max(elapsedSeconds - serviceSeconds, 0) + 1, int.MaxValue), now);
    }
}
