using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Fids;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Fld;

namespace Lustrous.Target.Fids;

/// <summary>What a sequence server is for.</summary>
public sealed record SeqServerOptions
{
    /// <summary><c>srv-lustre-MDT0000</c>; the log's source.</summary>
    public required string Name { get; init; }

    /// <summary>Of the target.</summary>
    public uint Index { get; init; }

    public SeqRangeType Type { get; init; } = SeqRangeType.MDT;

    /// <summary>Keeps what was given out over a restart.</summary>
    public required ISequenceStore Store { get; init; }
}

/// <summary>Where a sequence server keeps what it has left.</summary>
public interface ISequenceStore
{
    /// <summary>What it had left when it was last stored; empty when it never was.</summary>
    LuSeqRange Load();

    /// <summary>Durable before the task ends: what is stored here will not be given out by a later life.</summary>
    ValueTask<Errno> SaveAsync(LuSeqRange space, CancellationToken cancel);
}

/// <summary>
/// Gives out FID sequences of a range (<c>struct lu_server_seq</c>): single ones to clients, from a super-sequence that
/// it gets itself from the controller on MDT0000; and there, the super-sequences.
/// </summary>
/// <remarks>Source: lustre/fid/fid_handler.c.</remarks>
public sealed partial class SeqServer : ISequenceSource
{
    readonly SeqServerOptions _options;
    readonly bool _isController;
    readonly FldServer? _fld;
    readonly RankedLock _lock = new(11, "lss_mutex");
    LuSeqRange _space;                  // guarded by _lock: not given out; of a server, its part that is on disk
    LuSeqRange _ready;                  // guarded by _lock: taken from the space on disk, given out from memory
    TaskCompletionSource? _refilling;   // guarded by _lock

    SeqServer(SeqServerOptions options, bool isController, FldServer? fld)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _isController, _fld) = (options, isController, fld);
        _space = options.Store.Load();
    }

    /// <summary>Gives this server its super-sequences; may come late, when MDT0000 has been reached.</summary>
    public ISequenceSource? Controller { get; set; }

    /// <summary>The one of MDT0000 that divides the whole space (<c>LUSTRE_SEQ_CONTROLLER</c>).</summary>
    /// <param name="options">Its name and store.</param>
    /// <param name="fld">Learns whose each range is.</param>
    public static SeqServer CreateController(SeqServerOptions options, FldServer fld)
    {
        var controller = new SeqServer(options, isController: true, fld);
        if (controller._space.IsEmpty && controller._space.End == 0)
            controller._space = new LuSeqRange { Start = FidSeq.NORMAL, End = ulong.MaxValue };
        return controller;
    }

    /// <summary>The one of a target (<c>LUSTRE_SEQ_SERVER</c>).</summary>
    public static SeqServer Create(SeqServerOptions options, ISequenceSource? controller = null) =>
        new(options, isController: false, fld: null) { Controller = controller };

    /// <summary>Adds SEQ_QUERY to a target's table.</summary>
    /// <param name="target">An MDT or an OST.</param>
    /// <param name="server">Answers for single sequences.</param>
    /// <param name="controller">Answers for super-sequences; MDT0000 only.</param>
    public static void AddHandlers(ServiceTarget target, SeqServer server, SeqServer? controller = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        AddRows(target, server, controller);
    }

    public ValueTask<Result<LuSeqRange>> AllocateAsync(
        SeqOperation operation, LuSeqRange asker, CancellationToken cancel) =>
        operation switch
        {
            SeqOperation.AllocSuper when _isController => AllocateSuperAsync(asker, cancel),
            SeqOperation.AllocMeta when !_isController => AllocateMetaAsync(cancel),
            _ => new(Errno.EINVAL),
        };

    async ValueTask<Result<LuSeqRange>> AllocateSuperAsync(LuSeqRange asker, CancellationToken cancel)
    {
        LuSeqRange given, left;
        using (_lock.Enter())
        {
            if (_space.IsEmpty)
                return Errno.ENOSPC;
            given = Take(ref _space, SequenceConst.SuperWidth);
            left = _space;
        }
        (given.Index, given.Flags) = (asker.Index, asker.Flags & (uint)SeqRangeTypeMasks.MASK);
        // Two at once may store in the wrong order: then a range would be given out twice after a crash.
        if (await SaveAsync(left, cancel) is var error and not Errno.OK)
            return error;
        error = _fld!.Insert(given);
        return error == Errno.OK ? given : error;
    }

    async ValueTask<Result<LuSeqRange>> AllocateMetaAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task? other;
            using (_lock.Enter())
            {
                if (!_ready.IsEmpty)
                    return Take(ref _ready, SequenceConst.ClientWidth);
                other = _refilling?.Task;
                if (other is null)
                    _refilling = new TaskCompletionSource();
            }
            if (other is not null)
            {
                await other;
                continue;
            }
            Errno status = await RefillAsync(cancel);
            TaskCompletionSource done;
            using (_lock.Enter())
            {
                done = _refilling!;
                _refilling = null;
            }
            done.SetResult();
            if (status != Errno.OK)
                return status;
        }
    }

    /// <summary>Takes a batch out of the space, a new space before if need be; on disk before it is used.</summary>
    async ValueTask<Errno> RefillAsync(CancellationToken cancel)
    {
        LuSeqRange space;
        using (_lock.Enter())
            space = _space;
        if (space.IsEmpty)
        {
            if (Controller is not { } controller)
                return Errno.EINPROGRESS;       // MDT0000 has not been reached yet: the client asks again
            var asker = new LuSeqRange { Index = _options.Index, Flags = (uint)_options.Type };
            Result<LuSeqRange> super = await controller.AllocateAsync(SeqOperation.AllocSuper, asker, cancel);
            if (super.Failed)
                return super.Error;
            if (!super.Value.IsSane)
                return Errno.EPROTO;
            space = super.Value;
        }
        LuSeqRange batch = Take(ref space, SequenceConst.BatchWidth);
        if (await SaveAsync(space, cancel) is var error and not Errno.OK)
            return error;
        using (_lock.Enter())
        {
            _space = space;
            _ready = batch;
        }
        return Errno.OK;
    }

    ValueTask<Errno> SaveAsync(LuSeqRange space, CancellationToken cancel) =>
        _options.Store.SaveAsync(space, cancel);

    static LuSeqRange Take(ref LuSeqRange from, ulong width)
    {
        LuSeqRange taken = from;
        taken.End = from.Start + Math.Min(width, from.Width);
        from.Start = taken.End;
        return taken;
    }
}
