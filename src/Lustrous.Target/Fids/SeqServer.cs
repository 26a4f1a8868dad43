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
    TaskCompletionSource? _busy;        // guarded by _lock: somebody allocates; one at a time, over waits for the disk
    LuSeqRange _space;                  // guarded by being busy: not given out, as on disk
    LuSeqRange _ready;                  // guarded by being busy: taken from the space on disk, given out from memory

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
        await EnterAsync();
        try
        {
            LuSeqRange left = _space;
            if (left.IsEmpty)
                return Errno.ENOSPC;
            LuSeqRange given = Take(ref left, SequenceConst.SuperWidth);
            (given.Index, given.Flags) = (asker.Index, asker.Flags & (uint)SeqRangeTypeMasks.MASK);
            if (await SaveAsync(left, cancel) is var error and not Errno.OK)
                return error;
            _space = left;
            error = await _fld!.AddAsync(given, cancel);
            return error == Errno.OK ? given : error;
        }
        finally
        {
            Leave();
        }
    }

    async ValueTask<Result<LuSeqRange>> AllocateMetaAsync(CancellationToken cancel)
    {
        await EnterAsync();
        try
        {
            if (_ready.IsEmpty && await RefillAsync(cancel) is var error and not Errno.OK)
                return error;
            return Take(ref _ready, SequenceConst.ClientWidth);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Takes a batch out of the space, a new space before if need be; on disk before it is used.</summary>
    async ValueTask<Errno> RefillAsync(CancellationToken cancel)
    {
        LuSeqRange space = _space;
        if (space.IsEmpty)
        {
            if (Controller is not { } controller)
                return Errno.EINPROGRESS;       // MDT0000 has not been reached yet: the client asks again
            var asker = new LuSeqRange { Index = _options.Index, Flags = (uint)_options.Type };
            Result<LuSeqRange> super = await controller.AllocateAsync(SeqOperation.AllocSuper, asker, cancel);
            if (super.Failed)
                return super.Error is Errno.EAGAIN or Errno.ENOTCONN or Errno.ETIMEDOUT or Errno.EIO
                    ? Errno.EINPROGRESS
                    : super.Error;
            if (!super.Value.IsSane)
                return Errno.EPROTO;
            space = super.Value;
        }
        LuSeqRange batch = Take(ref space, SequenceConst.BatchWidth);
        if (await SaveAsync(space, cancel) is var error and not Errno.OK)
            return error;
        (_space, _ready) = (space, batch);
        return Errno.OK;
    }

    async ValueTask EnterAsync()
    {
        while (true)
        {
            Task? busy;
            using (_lock.Enter())
            {
                busy = _busy?.Task;
                if (busy is null)
                    _busy = new TaskCompletionSource();
            }
            if (busy is null)
                return;
            await busy;
        }
    }

    void Leave()
    {
        TaskCompletionSource busy;
        using (_lock.Enter())
        {
            busy = _busy!;
            _busy = null;
        }
        busy.SetResult();
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
