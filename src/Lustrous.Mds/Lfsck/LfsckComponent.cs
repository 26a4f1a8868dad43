using System.Globalization;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Lfsck;

namespace Lustrous.Mds.Lfsck;

/// <summary>One kind of check, how far it is, and what it has found; in Lustre's words (lfsck_…_dump). Numbers are
/// written by the one run there is, and read at any time.</summary>
abstract class LfsckComponent(NodeContext context, string source)
{
    // Names of the flags in their order (lfsck_param_names of lustre/lfsck/lfsck_lib.c).
    static readonly (LfsckParamFlags Flag, string Name)[] s_parameters =
    [
        (LfsckParamFlags.FAILOUT, "failout"), (LfsckParamFlags.DRYRUN, "dryrun"),
        (LfsckParamFlags.ALL_TGT, "all_targets"), (LfsckParamFlags.BROADCAST, "broadcast"),
        (LfsckParamFlags.OST_ORPHAN, "orphan"), (LfsckParamFlags.CREATE_OSTOBJ, "create_ostobj"),
        (LfsckParamFlags.CREATE_MDTOBJ, "create_mdtobj"), (LfsckParamFlags.DELAY_CREATE_OSTOBJ, "delay_create_ostobj"),
    ];

    long _startedAt, _phase2At, _completedAt, _endedAt;
    long _checked1, _checked2, _failed1, _failed2;
    uint _successes;
    bool _isInconsistent, _isIncomplete;

    protected NodeContext Context { get; } = context;

    public LfsckStatus Status { get; private set; }

    public bool IsRunning => Status is LfsckStatus.SCANNING_PHASE1 or LfsckStatus.SCANNING_PHASE2;

    public LfsckOptions Options { get; private set; } = new();

    protected long Checked1 => _checked1;

    protected long Checked2 => _checked2;

    protected long Failed1 => _failed1;

    protected long Failed2 => _failed2;

    protected uint Successes => _successes;

    protected string Repaired => Options.IsDryRun ? "inconsistent" : "repaired";

    /// <summary>How many things were put right, or would have been.</summary>
    public abstract long RepairedCount { get; }

    public abstract string Text();

    /// <summary>The whole check. A failure of one object is counted; what is returned ends it.</summary>
    public async ValueTask RunAsync(LfsckOptions options, CancellationToken cancel)
    {
        Options = options;
        (_checked1, _checked2, _failed1, _failed2) = (0, 0, 0, 0);
        (_phase2At, _endedAt, _isInconsistent, _isIncomplete) = (0, 0, false, false);
        _startedAt = Context.UnixSeconds;
        Reset();
        Status = LfsckStatus.SCANNING_PHASE1;
        Errno error;
        try
        {
            error = await ScanAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            error = Errno.EINTR;
        }
        _endedAt = Context.UnixSeconds;
        Status = cancel.IsCancellationRequested ? LfsckStatus.STOPPED
            : error != Errno.OK ? LfsckStatus.FAILED
            : _isIncomplete ? LfsckStatus.PARTIAL
            : LfsckStatus.COMPLETED;
        if (Status is not (LfsckStatus.COMPLETED or LfsckStatus.PARTIAL))
            return;
        _completedAt = _endedAt;
        _successes++;
    }

    protected abstract void Reset();

    protected abstract ValueTask<Errno> ScanAsync(CancellationToken cancel);

    protected void BeginPhase2()
    {
        _phase2At = Context.UnixSeconds;
        Status = LfsckStatus.SCANNING_PHASE2;
    }

    /// <summary>Counts one more, waits when it goes too fast, and lets others have the thread.</summary>
    protected async ValueTask<Errno> StepAsync(Errno error, CancellationToken cancel)
    {
        bool isFirst = Status == LfsckStatus.SCANNING_PHASE1;
        _ = isFirst ? _checked1++ : _checked2++;
        if (error != Errno.OK)
            _ = isFirst ? _failed1++ : _failed2++;
        if (Options.ObjectsPerSecond > 0)
            await Task.Delay(TimeSpan.FromSeconds(1.0 / Options.ObjectsPerSecond), Context.Clock, cancel);
        var turn = new TaskCompletionSource();
        Context.Work.Post(static state => ((TaskCompletionSource)state!).SetResult(), turn);
        await turn.Task;
        cancel.ThrowIfCancellationRequested();
        return Options.EndsWithFailure ? error : Errno.OK;
    }

    /// <summary>Something is not as it should be.</summary>
    protected void Found(ref long counter, string what)
    {
        counter++;
        _isInconsistent = true;
        Context.Log.Warning(source, $"{what}{(Options.IsDryRun ? "; nothing is changed" : "")}");
    }

    /// <summary>A part could not be looked at.</summary>
    protected void Missed(string what)
    {
        _isIncomplete = true;
        Context.Log.Warning(source, what);
    }

    protected void Failed(string what) => Context.Log.Warning(source, what);

    protected StringBuilder Head(string name, uint magic)
    {
        var text = new StringBuilder();
        long now = Context.UnixSeconds;
        string[] flags = [.. new[]
        {
            _successes > 0 ? "scanned-once" : "", _isInconsistent ? "inconsistent" : "",
            _isIncomplete ? "incomplete" : "",
        }.Where(flag => flag.Length > 0)];
        string[] given = [.. s_parameters.Where(p => (Options.Flags & p.Flag) != 0).Select(p => p.Name)];
        Line(text, $"name: {name}\nmagic: 0x{magic:x}\nversion: 2\nstatus: {NameOf(Status)}");
        Line(text, $"flags:{(flags.Length > 0 ? " " : "")}{string.Join(',', flags)}");
        Line(text, $"param:{(given.Length > 0 ? " " : "")}{string.Join(',', given)}");
        Time("last_completed", _completedAt);
        Time("latest_start", _startedAt);
        Time("last_checkpoint", _startedAt);
        return text;

        void Time(string what, long time)
        {
            string since = time == 0 ? "N/A" : $"{now - time} seconds";
            Line(text, $"{what}_time: {(time == 0 ? "N/A" : $"{time}")}\ntime_since_{what}: {since}");
        }
    }

    /// <summary>Seconds of the two phases, so far.</summary>
    protected (long First, long Second) RunTimes()
    {
        long end = IsRunning ? Context.UnixSeconds : _endedAt;
        long first = (_phase2At == 0 ? end : _phase2At) - _startedAt;
        return (_startedAt == 0 ? 0 : first, _phase2At == 0 ? 0 : end - _phase2At);
    }

    public static string NameOf(LfsckStatus status) => status switch
    {
        LfsckStatus.SCANNING_PHASE1 => "scanning-phase1",
        LfsckStatus.SCANNING_PHASE2 => "scanning-phase2",
        LfsckStatus.CO_FAILED => "co-failed",
        LfsckStatus.CO_STOPPED => "co-stopped",
        LfsckStatus.CO_PAUSED => "co-paused",
        _ => status.ToString().ToLowerInvariant(),
    };

    protected static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
