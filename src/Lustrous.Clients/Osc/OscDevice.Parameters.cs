using System.Globalization;
using System.Text;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Osc;

// Tunables and counters, as lctl shows them.
public sealed partial class OscDevice
{
    const int MaxRpcBytesLimit = 16 << 20;

    int _maxRpcBytes;
    int _maxRpcsInFlight;
    bool _checksums;
    volatile bool _isLocal;         // the OST is in this process: no network could break the data
    ChecksumAlgorithm? _checksum = ChecksumAlgorithm.Adler32;
    readonly Histogram _readPages = new(), _writePages = new();
    long _reads, _writes, _readBytes, _writtenBytes, _resends;

    /// <summary>Largest read or write now.</summary>
    public int MaxRpcBytes => Math.Min(Volatile.Read(ref _maxRpcBytes), Math.Max((int)BrwSize, OscChunk.Size));

    public int MaxRpcsInFlight => Volatile.Read(ref _maxRpcsInFlight);

    /// <summary>Bulk RPCs of the two kinds that have ended well or ill: what tests of merging count.</summary>
    public long ReadRpcs => Interlocked.Read(ref _reads);

    public long WriteRpcs => Interlocked.Read(ref _writes);

    /// <summary>Bulk RPCs that were sent again because data arrived broken.</summary>
    public long Resends => Interlocked.Read(ref _resends);

    /// <summary>Largest bulk that the OST takes.</summary>
    internal uint BrwSize { get; private set; } = 1 << 20;

    /// <summary>How bulk data is checksummed; null: not at all.</summary>
    internal ChecksumAlgorithm? ChecksumType => Volatile.Read(ref _checksums) && !_isLocal ? _checksum : null;

    /// <summary>Grant that we could use (<c>o_undirty</c>).</summary>
    internal long WantedGrant => (long)MaxRpcBytes * (MaxRpcsInFlight + 1);

    /// <summary>Adds the tunables and counters below <c>osc.NAME</c>.</summary>
    public void AddParameters(ParameterTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        Add("max_dirty_mb", Parameter.Number(() => Grant.MaxDirty >> 20, SetMaxDirty, 0, 2047));
        Add("cur_dirty_bytes", Parameter.ReadOnly(() => Text(Grant.Dirty)));
        Add("cur_grant_bytes", Parameter.ReadOnly(() => Text(Grant.Total)));
        Add("max_rpcs_in_flight", Parameter.Number(
            () => MaxRpcsInFlight, value => Volatile.Write(ref _maxRpcsInFlight, (int)value), 1, 256));
        Add("max_pages_per_rpc", Parameter.Number(
            () => _maxRpcBytes >> OscChunk.PageShift, SetMaxPages, OscChunk.PageCount,
            MaxRpcBytesLimit >> OscChunk.PageShift));
        Add("checksums", Parameter.Flag(() => _checksums, value => Volatile.Write(ref _checksums, value)));
        Add("checksum_type", new Parameter(ShowChecksumType, SetChecksumType));
        Add("rpc_stats", new Parameter(ShowRpcStats, _ =>
        {
            ClearStats();
            return Errno.OK;
        }));
        Add("stats", Parameter.ReadOnly(ShowStats));
        Add("ost_server_uuid", Parameter.ReadOnly(() => $"{Options.TargetUuid} {StateName(Import.State)}"));

        void Add(string name, Parameter parameter) => tree.Add(["osc", Options.DeviceName, name], parameter);
    }

    /// <summary>Takes the parameters out again.</summary>
    public void RemoveParameters(ParameterTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        tree.Remove(["osc", Options.DeviceName]);
    }

    internal void CountResend() => Interlocked.Increment(ref _resends);

    internal void BadChecksum(OscBrw rpc, uint client, uint server)
    {
        string what = rpc.IsWrite ? "WRITE" : "READ";
        NiobufRemote first = rpc.Pieces[0];
        Node.Context.Log.Error("osc", string.Create(CultureInfo.InvariantCulture,
            $"{Options.DeviceName}: BAD {what} CHECKSUM: object {rpc.Object.Id} extent [{first.Offset}-"
            + $"{first.Offset + first.Length - 1}], client {client:x}, server {server:x}"));
    }

    internal void LogWriteError(OscObject one, OscBrw rpc, Errno error)
    {
        NiobufRemote first = rpc.Pieces[0];
        // Of an object that is gone with its file nobody misses them.
        LogLevel level = error == Errno.ENOENT ? LogLevel.Info : LogLevel.Error;
        Node.Context.Log.Write(new(level, "osc", string.Create(CultureInfo.InvariantCulture,
            $"{Options.DeviceName}: {rpc.Bytes} bytes of file {one.Parent} (object {one.Id} from {first.Offset}) "
            + $"could not be written: {error}")));
    }

    void Started(OscBrw rpc) =>
        (rpc.IsWrite ? _writePages : _readPages).Add((rpc.Bytes + OscChunk.PageSize - 1) >> OscChunk.PageShift);

    void Ended(OscBrw rpc, Result<int> result)
    {
        Interlocked.Increment(ref rpc.IsWrite ? ref _writes : ref _reads);
        Interlocked.Add(ref rpc.IsWrite ? ref _writtenBytes : ref _readBytes, result.Failed ? 0 : result.Value);
        NoteBulk();
    }

    void SetMaxDirty(long megabytes)
    {
        Grant.MaxDirty = megabytes << 20;
        RoomMade();
    }

    void SetMaxPages(long pages) => Volatile.Write(
        ref _maxRpcBytes, (int)(pages << OscChunk.PageShift) & ~(OscChunk.Size - 1));

    string ShowChecksumType()
    {
        var text = new StringBuilder();
        ReadOnlySpan<ChecksumAlgorithm> all =
            [ChecksumAlgorithm.Crc32, ChecksumAlgorithm.Adler32, ChecksumAlgorithm.Crc32C];
        foreach (ChecksumAlgorithm one in all)
        {
            string name = OscChecksum.Name(one);
            text.Append(text.Length > 0 ? " " : "").Append(one == _checksum ? $"[{name}]" : name);
        }
        return text.ToString();
    }

    Errno SetChecksumType(string text)
    {
        (ChecksumAlgorithm type, ChecksumTypes flag) = text.Trim() switch
        {
            "crc32" => (ChecksumAlgorithm.Crc32, ChecksumTypes.CRC32),
            "adler" => (ChecksumAlgorithm.Adler32, ChecksumTypes.ADLER),
            "crc32c" => (ChecksumAlgorithm.Crc32C, ChecksumTypes.CRC32C),
            _ => (default, default),
        };
        if (flag == 0)
            return Errno.EINVAL;
        if ((Import.ConnectData.ChecksumTypes & flag) == 0)
            return Errno.EOPNOTSUPP;
        _checksum = type;
        return Errno.OK;
    }

    string ShowRpcStats()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"read RPCs in flight:  {RpcsInFlight - WritesInFlight}\n");
        text.Append(CultureInfo.InvariantCulture, $"write RPCs in flight: {WritesInFlight}\n\n");
        text.Append("\t\t\tread\t\t\twrite\n");
        text.Append("pages per rpc         rpcs   % cum % |       rpcs   % cum %\n");
        Histogram.Append(text, _readPages, _writePages);
        return text.ToString();
    }

    string ShowStats() => string.Create(CultureInfo.InvariantCulture, $"""
        read_bytes {ReadRpcs} samples [bytes] {Interlocked.Read(ref _readBytes)}
        write_bytes {WriteRpcs} samples [bytes] {Interlocked.Read(ref _writtenBytes)}
        resends {Resends} samples [reqs]

        """);

    void ClearStats()
    {
        _readPages.Clear();
        _writePages.Clear();
    }

    int WritesInFlight
    {
        get
        {
            using (_queueLock.Enter())
                return _writesInFlight;
        }
    }

    static string StateName(ImportState state) => state.ToString().ToUpperInvariant();

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
