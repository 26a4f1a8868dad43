using Lustrous.Ptlrpc.Server.Nrs;

namespace Lustrous.Ptlrpc.Server;

/// <summary>What one service is (<c>struct ptlrpc_service_conf</c>); sizes in bytes.</summary>
public sealed record ServiceOptions
{
    /// <summary>As in <c>lctl get_param *.*.stats</c>: <c>ost_io</c>, <c>mdt</c>, <c>ldlm_cbd</c> …; the log's
    /// source.</summary>
    public required string Name { get; init; }

    public required uint RequestPortal { get; init; }

    public required uint ReplyPortal { get; init; }

    /// <summary>Largest request; a longer one does not match and is dropped by LNet
    /// (<c>bc_req_max_size</c>).</summary>
    public int MaxRequestSize { get; init; } = 20 << 10;

    /// <summary>One request buffer; takes requests until less than <see cref="MaxRequestSize"/> is left
    /// (<c>bc_buf_size</c>).</summary>
    public int BufferSize { get; init; } = 256 << 10;

    /// <summary>Request buffers kept posted (<c>bc_nbufs</c>).</summary>
    public int BufferCount { get; init; } = 4;

    /// <summary>Request buffers at most, with those that slow requests still hold (<c>req_buffers_max</c>).</summary>
    public int MaxBufferCount { get; init; } = 64;

    /// <summary>Requests handled at once: ptlrpc's threads (<c>tc_nthrs_max</c>).</summary>
    public int MaxActive { get; init; } = 512;

    /// <summary>Requests in hand at most, waiting or being handled; what comes beyond is dropped and the client
    /// resends.</summary>
    public int MaxRequests { get; init; } = 16384;

    /// <summary>Urgent requests served for one normal one while both wait (<c>PTLRPC_SVC_HP_RATIO</c>).</summary>
    public int HighPriorityRatio { get; init; } = 10;

    /// <summary>Whether urgent requests have a queue of their own.</summary>
    public bool HasHighPriorityQueue { get; init; }

    /// <summary>Makes the policy of a queue.</summary>
    public Func<INrsPolicy> CreatePolicy { get; init; } = static () => new NrsFifo();

    /// <summary>
    /// A client's service for its targets' callbacks: they have no export here, so that whether replies go to
    /// <c>pb_mbits</c>
    /// (REP_MBITS) shows by whether the request has any.
    /// </summary>
    public bool TakesCallbacks { get; init; }

    /// <summary>Longest a bulk transfer may take (<c>bulk_timeout</c>).</summary>
    public int BulkTimeoutSeconds { get; init; } = 100;

    public PtlrpcOptions Timeouts { get; init; } = PtlrpcOptions.Default;
}
