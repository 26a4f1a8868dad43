using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Grants;

/// <summary>
/// Space that clients may dirty without asking: given at connect and with each write, so that a write that a program
/// was
/// told is done never finds the disk full (lustre/target/tgt_grant.c).
/// </summary>
/// <remarks>
/// At all times what is granted and what is pending, of all clients together, is at most what was free when it was
/// given.
/// Fields of an obdo that carry grants under other names: dirty is <c>o_blocks</c>, undirty <c>o_mode</c>, dropped
/// <c>o_misc</c>, used <c>o_data_version</c>.
/// </remarks>
/// <param name="device">Whose space it is.</param>
/// <param name="reservedPercent">Of the free space, never granted.</param>
public sealed partial class GrantTable(IDtDevice device, int reservedPercent = 0)
{
    /// <summary>A client can be granted no more (<c>OBD_MAX_GRANT</c>).</summary>
    public const long MaxGrant = 0x7FFFFFFF;

    /// <summary>Objects of one precreation at most.</summary>
    public const int MaxPrecreate = 20000;

    // Clients that know nothing of block sizes reckon in pages of 4 KiB.
    const int CompatBlockBits = 12;

    readonly RankedLock _lock = new(12, "tgd_grant_lock");
    long _totalGranted;     // guarded by _lock: of all clients, granted and pending
    long _totalDirty;       // guarded by _lock
    long _totalPending;     // guarded by _lock

    public long TotalGranted => Read(ref _totalGranted);

    public long TotalDirty => Read(ref _totalDirty);

    public long TotalPending => Read(ref _totalPending);

    /// <summary>The target's own grant, for precreated objects.</summary>
    public GrantClient Self { get; } = new() { HasParameters = true };

    /// <summary>First grant of a new client, or agreement again after a reconnect (tgt_grant_connect): fills the grant
    /// of
    /// <paramref name="reply"/> as far as that was agreed on.</summary>
    public void Connect(GrantClient client, ref ObdConnectData reply, bool isNew)
    {
        ArgumentNullException.ThrowIfNull(client);
        using (_lock.Enter())
        {
            client.IsGone = false;
            client.Agreements++;
            client.HasParameters = (reply.ConnectFlags & ConnectFlags.GRANT_PARAM) != 0;
            client.BrwSize = (reply.ConnectFlags & ConnectFlags.BRW_SIZE) != 0 ? reply.BrwSize : 1U << 20;
            _totalDirty -= client.Dirty;
            client.Dirty = 0;
            if ((reply.ConnectFlags & ConnectFlags.GRANT) == 0)
            {
                reply.Grant = 0;
                return;
            }
            if ((reply.ConnectFlags & ConnectFlags.RDONLY) != 0)
            {
                reply.Grant = 0;
                reply.ConnectFlags &= ~(ConnectFlags.GRANT | ConnectFlags.GRANT_PARAM);
                return;
            }
            long wanted = client.HasParameters ? reply.Grant : Inflate(reply.Grant);
            Allocate(client, client.Granted, wanted, SpaceLeft(), ChunkOf(client), isCautious: isNew);
            reply.Grant = (uint)(client.HasParameters ? client.Granted : Deflate(client.Granted));
        }
    }

    /// <summary>The client has gone (tgt_grant_discard); what it has pending is released by its commits.</summary>
    public void Discard(GrantClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        using (_lock.Enter())
        {
            client.IsGone = true;
            _totalGranted -= client.Granted;
            _totalDirty -= client.Dirty;
            client.Granted = client.Dirty = 0;
        }
    }

    /// <summary>Takes in what a read, or a set_info, says of grants, and answers in <paramref name="body"/>
    /// (tgt_grant_prepare_read). A shrink that is accepted answers 0, one that is not what the client has too
    /// much.</summary>
    public void PrepareRead(GrantClient client, ref Obdo body)
    {
        ArgumentNullException.ThrowIfNull(client);
        if ((body.Valid & MdtValid.FLGRANT) == 0)
            return;
        using (_lock.Enter())
        {
            TakeIn(client, ref body);
            if (IsShrink(body))
                Shrink(client, ref body, SpaceLeft());
            else
                body.Grant = 0;
            AnswerIn(client, ref body);
        }
    }

    /// <summary>Whether the target is so full that it should first be synced (<see cref="LuTarget.SyncAsync"/>), which
    /// releases what is pending: asked before <see cref="PrepareWrite"/>.</summary>
    public bool WantsSync(GrantClient client, ReadOnlySpan<NiobufRemote> buffers)
    {
        ArgumentNullException.ThrowIfNull(client);
        bool needsSpace = false;
        foreach (NiobufRemote buffer in buffers)
            needsSpace |= (buffer.Flags & BrwFlags.FROM_GRANT) == 0;
        if (!needsSpace)
            return false;
        using (_lock.Enter())
            return _totalPending > 0 && SpaceLeft() < ChunkOf(client);
    }

    /// <summary>
    /// Before a write (tgt_grant_prepare_write): each buffer there is room for gets <see cref="BrwFlags.GRANTED"/>,
    /// others not: those fail with ENOSPC unless they overwrite. <paramref name="body"/> gets the client's new grant.
    /// </summary>
    /// <param name="client">Who writes.</param>
    /// <param name="body">Request in, reply out.</param>
    /// <param name="buffers">What it writes.</param>
    /// <param name="isReplay">The target recovers: nothing is refused.</param>
    /// <returns>Bytes now pending; given back with <see cref="Commit"/>, in any case, once.</returns>
    public long PrepareWrite(
        GrantClient client, ref Obdo body, Span<NiobufRemote> buffers, bool isReplay = false)
    {
        ArgumentNullException.ThrowIfNull(client);
        using (_lock.Enter())
        {
            long left = SpaceLeft();
            TakeIn(client, ref body);
            long used = Check(client, body, buffers, isReplay, ref left);
            if ((body.Valid & MdtValid.FLGRANT) == 0)
                return used;
            if (IsShrink(body))
                Shrink(client, ref body, left);
            else
                body.Grant = (ulong)Allocate(
                    client, ToLong(body.Grant), body.Mode, left, ChunkOf(client), isCautious: !isReplay);
            AnswerIn(client, ref body);
            return used;
        }
    }

    /// <summary>The write failed, so the client does not hear of what <see cref="PrepareWrite"/> has granted it
    /// (tgt_grant_dealloc); unless it has connected anew meanwhile, and heard of it so.</summary>
    /// <param name="client">Who wrote.</param>
    /// <param name="body">What it would have been answered.</param>
    /// <param name="agreement"><see cref="GrantClient.Agreements"/> when it was granted.</param>
    public void TakeBack(GrantClient client, in Obdo body, int agreement)
    {
        ArgumentNullException.ThrowIfNull(client);
        if ((body.Valid & MdtValid.FLGRANT) == 0 || IsShrink(body))
            return;
        using (_lock.Enter())
        {
            if (client.Agreements != agreement)
                return;
            long granted = client.HasParameters ? ToLong(body.Grant) : Inflate(ToLong(body.Grant));
            granted = Math.Min(granted, client.Granted);
            client.Granted -= granted;
            _totalGranted -= granted;
        }
    }

    /// <summary>The write is over, on the disk or failed (tgt_grant_commit): typically from the transaction's commit
    /// callback.</summary>
    public void Commit(GrantClient client, long pending, Errno status)
    {
        ArgumentNullException.ThrowIfNull(client);
        using (_lock.Enter())
        {
            Lassert.That(pending >= 0 && client.Pending >= pending && _totalPending >= pending,
                "more grant was committed than is pending");
            client.Pending -= pending;
            _totalPending -= pending;
            _totalGranted -= pending;
        }
    }

    /// <summary>Room for objects to be precreated, fewer than asked for if need be (tgt_grant_create).
    /// ENOSPC.</summary>
    /// <returns>Bytes now pending, for <see cref="Commit"/> with <see cref="Self"/>.</returns>
    public Result<long> Create(ref int count)
    {
        long each = device.Parameters.InodeSpace;
        if (device.Statfs(out ObdStatfs statfs) is var error and not Errno.OK)
            return error;
        using (_lock.Enter())
        {
            // A thousandth of the blocks stays for writing.
            long available = (long)statfs.BlocksAvailable - (Self.Granted >> BlockBits);
            if (available < (long)(statfs.Blocks >> 10))
                return Errno.ENOSPC;
            long left = SpaceLeft();
            count = (int)Math.Min(count, (Self.Granted + left) / each);
            if (count <= 0)
                return Errno.ENOSPC;
            long wanted = count * each;
            long own = Math.Min(wanted, Self.Granted);
            Self.Granted -= own;
            _totalGranted += wanted - own;
            left -= wanted - own;
            Self.Pending += wanted;
            _totalPending += wanted;
            // Room for the next large request, so that clients' grants do not take it.
            long target = MaxPrecreate * each / 2;
            Allocate(Self, Self.Granted, target, left, target, isCautious: true);
            return wanted;
        }
    }

    /// <summary>What statfs tells a client: free space less what clients have dirty or are writing
    /// (ofd_statfs).</summary>
    /// <param name="forMds">An MDT asks, which sees what is kept for its precreations too.</param>
    /// <param name="statfs">Of the device; changed.</param>
    public void AdjustStatfs(bool forMds, ref ObdStatfs statfs)
    {
        using (_lock.Enter())
        {
            ulong block = 1UL << BlockBits;
            ulong taken = ((ulong)(_totalDirty + _totalPending) + block - 1) >> BlockBits;
            statfs.BlocksAvailable -= Math.Min(statfs.BlocksAvailable, taken);
            if (!forMds)
                return;
            statfs.Granted = (uint)Math.Min(statfs.BlocksAvailable, (ulong)Self.Granted >> BlockBits);
            statfs.BlocksAvailable -= statfs.Granted;
        }
    }

    long Read(ref long value)
    {
        using (_lock.Enter())
            return value;
    }
}
