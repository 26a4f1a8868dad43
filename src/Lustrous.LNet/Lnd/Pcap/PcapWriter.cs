using System.Buffers.Binary;

namespace Lustrous.LNet.Lnd.Pcap;

/// <summary>
/// Writes a capture file (classic pcap, nanoseconds, Ethernet). Frames are queued by whoever has them and written by
/// one
/// worker at a time, so that no network thread waits for a disk; what a slow disk cannot take is counted, not kept.
/// </summary>
/// <remarks>Format: https://www.ietf.org/archive/id/draft-gharris-opsawg-pcap-01.html.</remarks>
public sealed class PcapWriter : IAsyncDisposable
{
    const uint NanosecondMagic = 0xa1b23c4d;
    const int EthernetLink = 1;
    const int FileHeaderBytes = 24;
    const int RecordHeaderBytes = 16;
    const int SnapLength = 262144;

    /// <summary>Bytes that may wait for the disk.</summary>
    const long MaxQueuedBytes = 64 << 20;

    readonly RankedLock _lock = new(rank: 39, "pcap_queue");
    readonly NodeContext _context;
    readonly Stream _output;
    readonly TaskCompletionSource _drained = new();
    Queue<byte[]> _queue = new();       // guarded by _lock, as the rest
    long _queuedBytes;
    bool _writing;
    bool _closed;
    bool _failed;

    /// <summary>Starts a file on <paramref name="output"/>, which the writer then owns.</summary>
    public PcapWriter(Stream output, NodeContext context)
    {
        _output = output;
        _context = context;
        var header = new byte[FileHeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, NanosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), SnapLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(20), EthernetLink);
        Enqueue(header);
    }

    /// <summary>Frames that found no room in the queue or no disk.</summary>
    public long LostFrames { get; private set; }

    /// <summary>
    /// Makes a record of <paramref name="length"/> bytes to be filled and then handed to <see cref="Write"/>.
    /// </summary>
    internal byte[] NewRecord(int length, out Memory<byte> frame)
    {
        var record = new byte[RecordHeaderBytes + length];
        frame = record.AsMemory(RecordHeaderBytes);
        return record;
    }

    /// <summary>Stamps a record with the present time and queues it.</summary>
    internal void Write(byte[] record)
    {
        long ticks = (_context.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;
        uint length = (uint)(record.Length - RecordHeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)(ticks / TimeSpan.TicksPerSecond));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), (uint)(ticks % TimeSpan.TicksPerSecond * 100));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12), length);
        Enqueue(record);
    }

    /// <summary>Writes what is queued and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        bool wait;
        using (_lock.Enter())
        {
            if (_closed)
                return;
            _closed = true;
            wait = _writing;
        }
        if (wait)
            await _drained.Task;
        await _output.DisposeAsync();
    }

    void Enqueue(byte[] record)
    {
        using (_lock.Enter())
        {
            if (_closed || _failed || _queuedBytes + record.Length > MaxQueuedBytes)
            {
                LostFrames++;
                return;
            }
            _queue.Enqueue(record);
            _queuedBytes += record.Length;
            if (_writing)
                return;
            _writing = true;
        }
        _context.Work.Post(static state => ((PcapWriter)state!).Drain(), this);
    }

    void Drain()
    {
        while (true)
        {
            Queue<byte[]> batch;
            using (_lock.Enter())
            {
                if (_queue.Count == 0)
                {
                    _writing = false;
                    if (_closed)
                        break;
                    return;
                }
                (batch, _queue) = (_queue, new Queue<byte[]>());
                _queuedBytes = 0;
            }
            try
            {
                foreach (byte[] record in batch)
                    _output.Write(record);
                _output.Flush();
            }
            catch (IOException e)
            {
                using (_lock.Enter())
                    _failed = true;
                _context.Log.Error("pcap", $"the capture file takes no more: {e.Message}; capturing stops");
            }
        }
        _drained.TrySetResult();
    }
}
