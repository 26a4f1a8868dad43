using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Osc;

/// <summary>Which OST an OSC is for, as whom it connects, and its limits.</summary>
public sealed record OscOptions
{
    /// <summary>4 MiB, as Lustre's default.</summary>
    public const int DefaultRpcBytes = 4 << 20;

    /// <summary>What a client asks an OST for. Source: client_common_fill_super, lustre/llite/llite_lib.c; less what
    /// we do not do (capabilities, lock-ahead, unaligned direct I/O, object dumps).</summary>
    public const ConnectFlags AskedFlags =
        ConnectFlags.GRANT | ConnectFlags.VERSION | ConnectFlags.BRW_SIZE | ConnectFlags.CANCELSET | ConnectFlags.FID
        | ConnectFlags.SRVLOCK | ConnectFlags.AT | ConnectFlags.VBR | ConnectFlags.FULL20 | ConnectFlags._64BITHASH
        | ConnectFlags.MAXBYTES | ConnectFlags.EINPROGRESS | ConnectFlags.JOBSTATS | ConnectFlags.LVB_TYPE
        | ConnectFlags.LAYOUTLOCK | ConnectFlags.LFSCK | ConnectFlags.BULK_MBITS | ConnectFlags.SHORTIO
        | ConnectFlags.FLAGS2 | ConnectFlags.GRANT_SHRINK | ConnectFlags.GRANT_PARAM | ConnectFlags.CKSUM
        | ConnectFlags.LRU_RESIZE;

    public const ConnectFlags2 AskedFlags2 =
        ConnectFlags2.INC_XID | ConnectFlags2.LSEEK | ConnectFlags2.REP_MBITS;

    /// <summary>The client device: <c>lustre-OST0000-osc-ffff8800…</c>.</summary>
    public required string DeviceName { get; init; }

    /// <summary><c>lustre-OST0000_UUID</c></summary>
    public required string TargetUuid { get; init; }

    /// <summary>The mount.</summary>
    public required string ClientUuid { get; init; }

    /// <summary>Where the OST may run.</summary>
    public required IReadOnlyList<LNetProcessId> Peers { get; init; }

    /// <summary>Of the OST.</summary>
    public uint Index { get; init; }

    /// <summary>The mount's cache of pages, shared by its OSCs; null makes an own one.</summary>
    public OscPageCache? Cache { get; init; }

    /// <summary>Reads and writes under way at once (<c>max_rpcs_in_flight</c>).</summary>
    public int MaxRpcsInFlight { get; init; } = 8;

    /// <summary>Largest read or write (<c>max_pages_per_rpc</c>, in bytes).</summary>
    public int MaxRpcBytes { get; init; } = DefaultRpcBytes;

    /// <summary>Most dirty data of this OSC (<c>max_dirty_mb</c>, in bytes).</summary>
    public long MaxDirtyBytes { get; init; } = 64L << 20;

    /// <summary>Data that is dirty for so long is written.</summary>
    public TimeSpan WriteBackAge { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Idle for so long, spare grant goes back (<c>grant_shrink_interval</c>).</summary>
    public TimeSpan GrantShrinkInterval { get; init; } = TimeSpan.FromSeconds(1200);

    /// <summary>Idle for so long, it disconnects (<c>idle_timeout</c>); 0 never.</summary>
    public int IdleTimeoutSeconds { get; init; }

    /// <summary>Whether bulk data is checksummed.</summary>
    public bool Checksums { get; init; } = true;

    /// <summary>Checksums that may be used.</summary>
    public ChecksumTypes ChecksumTypes { get; init; } =
        ChecksumTypes.ADLER | ChecksumTypes.CRC32 | ChecksumTypes.CRC32C;

    /// <summary>Hears of the import.</summary>
    public Action<OscDevice, Lustrous.Ptlrpc.Client.ImportEvent>? ImportChanged { get; init; }

    /// <summary>Bytes of data at most that an OST has taken and not committed; what is written then has it commit them.
    /// </summary>
    public long MaxKeptBytes { get; init; } = 64 << 20;
}
