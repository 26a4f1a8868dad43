using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Grants;

// How much: all under the lock.
public sealed partial class GrantTable
{
    int BlockBits => device.Parameters.BlockBits;

    static bool IsShrink(in Obdo body) =>
        (body.Valid & MdtValid.FLFLAGS) != 0 && (body.Flags & ObdoFlags.SHRINK_GRANT) != 0;

    /// <summary>Numbers of a peer may be anything.</summary>
    static long ToLong(ulong value) => (long)Math.Min(value, long.MaxValue / 4);

    /// <summary>What a client counts in pages of 4 KiB may take a larger block each.</summary>
    long Inflate(long value) => BlockBits > CompatBlockBits ? value << (BlockBits - CompatBlockBits) : value;

    long Deflate(long value) => BlockBits > CompatBlockBits ? value >> (BlockBits - CompatBlockBits) : value;

    /// <summary>What is free and not yet promised, in whole blocks (tgt_grant_space_left).</summary>
    long SpaceLeft()
    {
        if (device.Statfs(out ObdStatfs statfs) != Errno.OK)
            return 0;
        long free = ToLong(statfs.BlocksAvailable << BlockBits);
        long promised = _totalGranted + free / 100 * reservedPercent;
        return promised >= free ? 0 : (free - promised) & ~((1L << BlockBits) - 1);
    }

    /// <summary>The unit of granting: two full RPCs with what they cost beside the data (tgt_grant_chunk).</summary>
    long ChunkOf(GrantClient client)
    {
        long rpc = client.BrwSize;
        if (!client.HasParameters)
            return Inflate(rpc) * 2;
        return (rpc + Extents(rpc) * device.Parameters.ExtentTax) * 2;
    }

    long Extents(long bytes)
    {
        long extent = (long)device.Parameters.MaxExtentBlocks << BlockBits;
        return (bytes + extent - 1) / extent;
    }

    /// <summary>Takes in what the client says it has dirty, and what grant it has lost (tgt_grant_incoming).</summary>
    void TakeIn(GrantClient client, ref Obdo body)
    {
        const MdtValid both = MdtValid.FLBLOCKS | MdtValid.FLGRANT;
        if ((body.Valid & both) != both)
        {
            body.Valid &= ~MdtValid.FLGRANT;
            return;
        }
        long dirty = (long)body.Blocks < 0 ? 0 : ToLong(body.Blocks);
        long dropped = body.Misc;
        if (!client.HasParameters)
        {
            body.Grant = (ulong)Inflate(ToLong(body.Grant));
            body.Mode = (uint)Math.Min(Inflate(body.Mode), MaxGrant & ~((1L << BlockBits) - 1));
            dirty = Inflate(dirty);
            dropped = Inflate(dropped);
        }
        // Requests overtake each other, so that it is never exact; but it must not grow without bounds.
        dirty = Math.Min(dirty, client.Granted + 4 * ChunkOf(client));
        _totalDirty += dirty - client.Dirty;
        client.Dirty = dirty;
        if (dropped > client.Granted)
            dropped = 0;
        client.Granted -= dropped;
        _totalGranted -= dropped;
    }

    void AnswerIn(GrantClient client, ref Obdo body)
    {
        if (!client.HasParameters)
            body.Grant = (ulong)Deflate((long)body.Grant);
    }

    /// <summary>Takes grant back that the client offers, when others may need it (tgt_grant_shrink).</summary>
    void Shrink(GrantClient client, ref Obdo body, long left)
    {
        // Less than a quarter of the space is promised: the client may as well keep it.
        if (_totalGranted < left / 4)
            return;
        long returned = Math.Min(ToLong(body.Grant), client.Granted);
        client.Granted -= returned;
        _totalGranted -= returned;
        body.Grant = 0;
    }

    /// <summary>Space that one buffer takes, in whole blocks and with the cost of its extents
    /// (tgt_grant_rnb_size).</summary>
    long SizeOf(in NiobufRemote buffer, bool asClientCounts)
    {
        int bits = asClientCounts ? CompatBlockBits : BlockBits;
        long block = 1L << Math.Min(bits, BlockBits);
        long bytes = (long)(buffer.Offset & (ulong)(block - 1)) + buffer.Length;
        bytes = (bytes + block - 1) & ~(block - 1);
        return asClientCounts ? Inflate(bytes) : bytes + Extents(bytes) * device.Parameters.ExtentTax;
    }

    /// <summary>Decides on each buffer, and moves what they take to pending (tgt_grant_check).</summary>
    long Check(GrantClient client, in Obdo body, Span<NiobufRemote> buffers, bool isReplay, ref long left)
    {
        bool isResend = (body.Valid & MdtValid.FLFLAGS) != 0 && (body.Flags & ObdoFlags.RECOV_RESEND) != 0;
        bool isSettled = isReplay || isResend;      // was reckoned when it was first sent
        long fromGrant = 0;
        long fromFree = 0;
        // A client with parameters says itself what it used. The field means something else without FLGRANT.
        long claimed = client.HasParameters && (body.Valid & MdtValid.FLGRANT) != 0 ? ToLong(body.DataVersion) : 0;
        if (!isSettled && claimed > 0 && (claimed <= client.Granted || claimed - client.Granted < left))
        {
            fromGrant = Math.Min(claimed, client.Granted);
            fromFree = claimed - fromGrant;
            left -= fromFree;
            isSettled = true;
        }
        foreach (ref NiobufRemote buffer in buffers)
        {
            bool isFromGrant = (buffer.Flags & BrwFlags.FROM_GRANT) != 0;
            long size = isFromGrant && !isSettled ? SizeOf(buffer, !client.HasParameters) : 0;
            if (isFromGrant && (isSettled || client.Granted >= fromGrant + size))
            {
                fromGrant += size;
                buffer.Flags |= BrwFlags.GRANTED;
                continue;
            }
            size = SizeOf(buffer, asClientCounts: false);
            if (left > size)
            {
                fromFree += size;
                left -= size;
                buffer.Flags |= BrwFlags.GRANTED;
            }
            else if (!isReplay)
            {
                buffer.Flags &= ~BrwFlags.GRANTED;
            }
        }
        client.Granted -= fromGrant;
        client.Pending += fromGrant + fromFree;
        _totalGranted += fromFree;
        _totalPending += fromGrant + fromFree;
        if (!isReplay && (body.Valid & MdtValid.FLGRANT) != 0)
        {
            long cleaned = Math.Min(fromGrant, client.Dirty);
            client.Dirty -= cleaned;
            _totalDirty -= cleaned;
        }
        return fromGrant + fromFree;
    }

    /// <summary>Promises more, as far as the client wants and there is space (tgt_grant_alloc).</summary>
    /// <param name="client">Who gets it.</param>
    /// <param name="has">What the client says it has.</param>
    /// <param name="wants">What it would like to have.</param>
    /// <param name="left">What is not promised.</param>
    /// <param name="chunk">The unit.</param>
    /// <param name="isCautious">An eighth of the space at most, and one unit.</param>
    long Allocate(GrantClient client, long has, long wants, long left, long chunk, bool isCautious)
    {
        if (left <= 0 || client.IsGone || wants > MaxGrant)
            return 0;
        // A client that claims more than we know of has writes on their way: let it use up its grant first.
        if (has >= wants || has >= client.Granted + chunk)
            return 0;
        long block = 1L << BlockBits;
        long grant = Math.Min(wants - has, isCautious ? left >> 3 : left);
        grant = (grant + block - 1) & ~(block - 1);
        if (isCautious)
            grant = Math.Min(grant, chunk);
        // Not above what it wants by more than two RPCs.
        grant = Math.Min(grant, wants + chunk - client.Granted);
        grant = Math.Min(grant, left);
        if (grant <= 0)
            return 0;
        client.Granted += grant;
        _totalGranted += grant;
        return grant;
    }
}
