using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Grants;

/// <summary>
/// Space that clients may dirty without asking: given at connect and with each write, so that a write that a program
/// was
/// told is done never finds the disk full (lustre/target/tgt_grant.c).
/// </summary>
/// <param name="context">The node's.</param>
/// <param name="device">Whose space it is.</param>
/// <param name="reservedPercent">Of the free space, never granted.</param>
public sealed partial class GrantTable(NodeContext context, IDtDevice device, int reservedPercent = 0)
{
    readonly RankedLock _lock = new(12, "tgd_grant_lock");
    readonly IDtDevice _device = device;
    readonly int _reservedPercent = reservedPercent;

    public NodeContext Context { get; } = context;

    public long TotalGranted => _reservedPercent + _lock.Rank + _device.Parameters.BlockBits;

    public long TotalDirty => 0;

    public long TotalPending => 0;

    /// <summary>First grant of a new client, or agreement again after a reconnect (tgt_grant_connect): fills grant and
    /// parameters of <paramref name="reply"/> as far as they were agreed on.</summary>
    public void Connect(GrantClient client, ref ObdConnectData reply, bool isNew) =>
        throw new NotSupportedException();

    /// <summary>The client has gone (tgt_grant_discard); what it has pending is released by its commits.</summary>
    public void Discard(GrantClient client) => throw new NotSupportedException();

    /// <summary>Takes in what a read says of grants, and answers in <paramref name="body"/>
    /// (tgt_grant_prepare_read).</summary>
    public void PrepareRead(GrantClient client, ref Obdo body) => throw new NotSupportedException();

    /// <summary>Whether the target is so full that it should first be synced (<see cref="LuTarget.SyncAsync"/>), which
    /// releases what is pending: asked before <see cref="PrepareWrite"/>.</summary>
    public bool WantsSync(GrantClient client, ReadOnlySpan<NiobufRemote> buffers) => throw new NotSupportedException();

    /// <summary>
    /// Before a write (tgt_grant_prepare_write): each buffer there is room for gets <see cref="BrwFlags.GRANTED"/>,
    /// others
    /// not: those fail with ENOSPC unless they overwrite. <paramref name="body"/> gets the client's new grant.
    /// </summary>
    /// <param name="client">Who writes.</param>
    /// <param name="body">Request in, reply out.</param>
    /// <param name="buffers">What it writes.</param>
    /// <param name="isReplay">The target recovers: nothing is refused.</param>
    /// <returns>Bytes now pending; given back with <see cref="Commit"/>, in any case, once.</returns>
    public long PrepareWrite(
        GrantClient client, ref Obdo body, Span<NiobufRemote> buffers, bool isReplay = false) =>
        throw new NotSupportedException();

    /// <summary>The write is over, on the disk or failed (tgt_grant_commit): typically from the transaction's commit
    /// callback.</summary>
    public void Commit(GrantClient client, long pending, Errno status) => throw new NotSupportedException();

    /// <summary>Room for objects to be precreated, fewer than asked for if need be (tgt_grant_create).
    /// ENOSPC.</summary>
    /// <returns>Bytes now pending, for <see cref="Commit"/> with <see cref="Self"/>.</returns>
    public Result<long> Create(ref int count) => throw new NotSupportedException();

    /// <summary>The target's own grant, for precreated objects.</summary>
    public GrantClient Self { get; } = new();

    /// <summary>What statfs tells a client: free space less what others have been promised (ofd_statfs).</summary>
    public void AdjustStatfs(GrantClient? client, ref ObdStatfs statfs) => throw new NotSupportedException();
}
