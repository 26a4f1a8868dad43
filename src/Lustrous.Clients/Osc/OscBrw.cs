using System.Runtime.CompilerServices;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ldlm.Client;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osc;

/// <summary>One bulk read or write of one object: pieces of it, and the memory they come from or go to.
/// Pooled.</summary>
/// <remarks>Source: osc_brw_prep_request, osc_brw_fini_request.</remarks>
sealed partial class OscBrw(OscDevice device)
{
    /// <summary>Pieces of one RPC at most.</summary>
    public const int MaxPieces = 256;

    /// <summary>Data up to here travels inside the messages (<c>OBD_DEF_SHORT_IO_BYTES</c>).</summary>
    const int MaxShortBytes = 16 << 10;

    /// <summary>Attempts at data that arrives broken (<c>OSC_DEFAULT_RESENDS</c>).</summary>
    const int MaxAttempts = 10;

    IoVec[] _memory = new IoVec[16];
    ulong[] _offsets = new ulong[16];       // of each memory piece, in the object
    uint?[] _sums = new uint?[16];          // of each memory piece, where known
    NiobufRemote[] _pieces = new NiobufRemote[4];
    Segment[] _segments = new Segment[16];
    int _memoryCount;

    public OscObject Object { get; private set; } = null!;

    public bool IsWrite { get; private set; }

    public int Bytes { get; private set; }

    public int PieceCount { get; private set; }

    public int SegmentCount { get; private set; }

    /// <summary>Grant that it costs; 0 for a write without.</summary>
    public long Cost { get; set; }

    /// <summary>No answer came: when its grant was announced, default when it never went out. Null once one
    /// came.</summary>
    public GrantStamp? Unanswered { get; private set; }

    /// <summary>Waiting writers and locks depend on it: it goes before others.</summary>
    public bool IsUrgent { get; set; }

    /// <summary>Referenced meanwhile, so that it does not go; null where the caller holds it.</summary>
    public ClientLock? Lock { get; set; }

    public Obdo Attributes;

    internal OscBrw? NextFree { get; set; }

    public ref readonly Segment this[int index] => ref _segments[index];

    public ReadOnlySpan<NiobufRemote> Pieces => _pieces.AsSpan(0, PieceCount);

    public void Begin(OscObject target, bool isWrite)
    {
        (Object, IsWrite) = (target, isWrite);
        (Bytes, PieceCount, SegmentCount, _memoryCount) = (0, 0, 0, 0);
        (Cost, Unanswered, IsUrgent, Lock) = (0, default(GrantStamp), false, null);
        Attributes = default;
    }

    /// <summary>Forgets the chunks, so that the pool keeps none alive.</summary>
    public void Clear()
    {
        Array.Clear(_segments, 0, SegmentCount);
        SegmentCount = 0;
        Object = null!;
        Lock = null;
    }

    /// <summary>Adds memory for bytes of the object; offsets rise.</summary>
    /// <param name="sum">Of a whole chunk: its <see cref="OscChunk.Sum"/>, where it is known.</param>
    public void Add(ulong offset, IoVec memory, BrwFlags flags, uint? sum = null)
    {
        if (_memoryCount == _memory.Length)
        {
            Array.Resize(ref _memory, _memoryCount * 2);
            Array.Resize(ref _offsets, _memoryCount * 2);
            Array.Resize(ref _sums, _memoryCount * 2);
        }
        _memory[_memoryCount] = memory;
        _sums[_memoryCount] = sum;
        _offsets[_memoryCount++] = offset;
        Bytes += memory.Length;
        if (PieceCount > 0)
        {
            ref NiobufRemote last = ref _pieces[PieceCount - 1];
            if (last.Offset + last.Length == offset)
            {
                last.Length += (uint)memory.Length;
                return;
            }
        }
        if (PieceCount == _pieces.Length)
            Array.Resize(ref _pieces, PieceCount * 2);
        _pieces[PieceCount++] = new NiobufRemote { Offset = offset, Length = (uint)memory.Length, Flags = flags };
    }

    /// <summary>Adds pages of a chunk.</summary>
    public void Add(OscChunk chunk, ulong pages)
    {
        if (SegmentCount == _segments.Length)
            Array.Resize(ref _segments, SegmentCount * 2);
        _segments[SegmentCount++] = new Segment(chunk, pages);
    }

    /// <summary>What the pieces cost together.</summary>
    public long ComputeCost(OscGrant grant)
    {
        long cost = 0;
        foreach (NiobufRemote piece in Pieces)
            cost += grant.CostOf(piece.Offset, piece.Offset + piece.Length);
        return cost;
    }

    /// <summary>Sends it, again when data arrives broken. The value is how many bytes were read or written.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<int>> ExecuteAsync(CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            Result<int> result = await AttemptAsync(attempt, cancel);
            if (result.Error != Errno.EAGAIN)
                return result;
            device.CountResend();
            if (attempt == MaxAttempts)
                return Errno.EIO;
            // The first time at once; then less and less often (osc_brw_redo_request).
            if (attempt > 1)
                await device.DelayAsync(TimeSpan.FromSeconds(attempt - 1), cancel);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Result<int>> AttemptAsync(int attempt, CancellationToken cancel)
    {
        Import import = device.Import;
        bool isShort = Bytes <= MaxShortBytes && PieceCount == 1 && import.Supports(ConnectFlags.SHORTIO);
        using PtlrpcRequest request = import.NewRequest(
            IsWrite ? RequestFormats.OstBrwWrite : RequestFormats.OstBrwRead);
        BulkDescriptor? bulk = null;
        GrantStamp announced = Prepare(request, isShort, attempt);
        Errno status = Errno.OK;
        OscKeptWrite? kept = IsWrite ? OscKeptWrite.Expect(request, Object) : null;
        if (!isShort)
        {
            bulk = device.Node.TakeBulk(
                IsWrite ? BulkType.GetSource : BulkType.PutSink, Portals.OST_BULK_PORTAL);
            for (int i = 0; i < _memoryCount && status == Errno.OK; i++)
                status = bulk.Add(_memory[i], (int)(_offsets[i] & (OscChunk.PageSize - 1)));
            request.Bulk = bulk;
        }
        if (status == Errno.OK)
            status = await request.SendAsync(cancel);
        long transferred = bulk?.TransferredBytes ?? -1;
        request.Bulk = null;
        if (kept is not null && request.IsKept)
        {
            kept.Fill(
                request, Bytes, isShort ? default : _memory.AsSpan(0, _memoryCount), _offsets.AsSpan(0, _memoryCount));
        }
        request.HoldsReplay = false;
        if (bulk is not null)
            device.Node.ReturnBulk(bulk);
        if (status == Errno.OK || request.ReplyStatus != 0)
            Unanswered = null;
        else if (request.Attempts > 0)
            Unanswered = announced;
        return Finish(request, status, transferred, announced);
    }

    GrantStamp Prepare(PtlrpcRequest request, bool isShort, int attempt)
    {
        request.RequestPortal = Portals.OST_IO_PORTAL;
        request.HighPriority = IsUrgent;
        request.SetSize(Rmf.ObdIoobj, Unsafe.SizeOf<ObdIoObj>());
        request.SetSize(Rmf.NiobufRemote, PieceCount * Unsafe.SizeOf<NiobufRemote>());
        request.SetSize(Rmf.Capa1, 0);
        request.SetSize(Rmf.ShortIo, isShort && IsWrite ? Bytes : 0);
        if (IsWrite)
            request.SetReplySize(Rmf.Rcs, PieceCount * sizeof(uint));
        else
            request.SetReplySize(Rmf.ShortIo, isShort ? Bytes : 0);

        Obdo attributes = Attributes;
        attributes.Valid |= MdtValid.FLFLAGS;
        attributes.Flags = (isShort ? ObdoFlags.SHORT_IO : 0) | (attempt > 1 ? ObdoFlags.RECOV_RESEND : 0);
        if (IsWrite && Cost > 0)
            attributes.DataVersion = (ulong)Cost;       // o_grant_used
        GrantStamp announced = device.Grant.Announce(ref attributes, device.WantedGrant);
        if (device.ChecksumType is { } type)
        {
            attributes.Flags |= OscChecksum.Pack(type);
            attributes.Valid |= MdtValid.FLCKSUM;
            attributes.Nlink = IsWrite ? Checksum(type, Bytes) : 0;
        }
        _sentChecksum = attributes.Nlink;
        request.Set(Rmf.OstBody, new OstBody { Attributes = attributes });

        // The upper half says how many descriptors there may be, less one (LU-1431).
        uint descriptors = isShort ? 0 : (device.BrwSize >> 20) - 1;
        request.Capsule.GetArray(Rmf.ObdIoobj, MessageSide.Request)[0] = new ObdIoObj
        {
            ObjectId = attributes.ObjectId,
            MaxBrw = descriptors << 16,
            BufferCount = (uint)PieceCount,
        };
        Pieces.CopyTo(request.Capsule.GetArray(Rmf.NiobufRemote, MessageSide.Request));
        if (!isShort || !IsWrite)
            return announced;
        Span<byte> data = request.Capsule.GetBytes(Rmf.ShortIo, MessageSide.Request);
        for (int i = 0; i < _memoryCount; i++)
        {
            _memory[i].Span.CopyTo(data);
            data = data[_memory[i].Length..];
        }
        return announced;
    }

    uint _sentChecksum;

    uint Checksum(ChecksumAlgorithm algorithm, int bytes)
    {
        var checksum = new RunningChecksum(algorithm);
        for (int i = 0; i < _memoryCount && bytes > 0; i++)
        {
            int length = Math.Min(bytes, _memory[i].Length);
            if (_sums[i] is { } sum && algorithm == ChecksumAlgorithm.Crc32C)
                checksum.AppendCrc32C(sum, OscChunk.SumPower);
            else
                checksum.Append(_memory[i].Span[..length]);
            bytes -= length;
        }
        return checksum.Value;
    }

    Result<int> Finish(PtlrpcRequest request, Errno status, long transferred, GrantStamp announced)
    {
        // Over quota, the reply has its body all the same (osc_brw_fini_request).
        if (status is not (Errno.OK or Errno.EDQUOT))
            return status;
        if (request.Get(Rmf.OstBody) is not { Failed: false, Value.Attributes: var reply })
            return status == Errno.OK ? Errno.EPROTO : status;
        device.Grant.Receive(reply, announced);
        if (status != Errno.OK)
            return status;
        return IsWrite ? FinishWrite(request, reply) : FinishRead(request, reply, transferred);
    }

    Result<int> FinishWrite(PtlrpcRequest request, in Obdo reply)
    {
        if (request.ReplyStatus > 0)
            return Errno.EPROTO;
        if (_sentChecksum != 0 && (reply.Valid & MdtValid.FLCKSUM) != 0 && reply.Nlink != _sentChecksum)
        {
            device.BadChecksum(this, _sentChecksum, reply.Nlink);
            return Errno.EAGAIN;
        }
        Span<uint> codes = request.Capsule.GetArray(Rmf.Rcs, MessageSide.Reply);
        if (codes.Length < PieceCount)
            return Errno.EPROTO;
        foreach (uint code in codes[..PieceCount])
        {
            if ((int)code < 0 && (int)code != int.MinValue)
                return (Errno)(-(int)code);
            if (code != 0)
                return Errno.EPROTO;
        }
        Object.Wrote(reply);
        return Bytes;
    }

    Result<int> FinishRead(PtlrpcRequest request, in Obdo reply, long transferred)
    {
        int bytes = request.ReplyStatus;
        if (transferred < 0)
        {
            ReadOnlySpan<byte> data = request.GetBytes(Rmf.ShortIo);
            if (bytes < 0 || data.Length < bytes)
                return Errno.EPROTO;
            if (bytes <= Bytes)
                Scatter(data[..bytes]);
        }
        else if (bytes != transferred)
        {
            return Errno.EPROTO;
        }
        if (bytes < 0 || bytes > Bytes)
            return Errno.EPROTO;
        if ((reply.Valid & MdtValid.FLCKSUM) != 0 && device.ChecksumType is not null)
        {
            ObdoFlags flags = (reply.Valid & MdtValid.FLFLAGS) != 0 ? reply.Flags : 0;
            if (OscChecksum.Unpack(flags) is not { } type)
                return Errno.EPROTO;
            uint own = Checksum(type, bytes);
            if (own != reply.Nlink)
            {
                device.BadChecksum(this, own, reply.Nlink);
                return Errno.EAGAIN;
            }
        }
        // Short at the end of the object, or at a hole behind it.
        ZeroFrom(bytes);
        return bytes;
    }

    void Scatter(ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < _memoryCount && !data.IsEmpty; i++)
        {
            int length = Math.Min(data.Length, _memory[i].Length);
            data[..length].CopyTo(_memory[i].Span);
            data = data[length..];
        }
    }

    void ZeroFrom(int bytes)
    {
        for (int i = 0; i < _memoryCount; i++)
        {
            int length = _memory[i].Length;
            if (bytes < length)
                _memory[i].Span[Math.Max(bytes, 0)..].Clear();
            bytes -= length;
        }
    }

    /// <summary>Pages of one chunk.</summary>
    internal readonly record struct Segment(OscChunk Chunk, ulong Pages);
}
