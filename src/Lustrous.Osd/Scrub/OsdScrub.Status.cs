using System.Globalization;
using System.Text;
using Lustrous.Idl.Disk;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Osd.Scrub;

// How far it is, as lctl shows it.
public sealed partial class OsdScrub
{
    OsdScrubOptions _options = new();       // guarded by _lock; set while it does not run
    ScrubStatus _status;                    // guarded by _lock
    ScrubFlags _flags;                      // guarded by _lock
    long _startedAt, _completedAt;          // guarded by _lock: seconds since 1970; 0: never
    long _runSeconds;                       // guarded by _lock: of the last run that ended
    long _checked, _updated, _failed;       // guarded by _lock
    long _firstFailure;                     // guarded by _lock: counted from 1
    uint _successes;                        // guarded by _lock

    /// <summary>Adds <c>osd-lustrous.NAME.oi_scrub</c>; a later life of the target has the same name.</summary>
    public void AddParameters(ParameterTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        string[] path = ["osd-lustrous", Name, "oi_scrub"];
        tree.Remove(path);
        tree.Add(path, Parameter.ReadOnly(Status));
    }

    public bool IsRunning
    {
        get
        {
            using (_lock.Enter())
                return _running is not null;
        }
    }

    /// <summary>Objects that could not be read, or are not what they should be.</summary>
    public long Failed
    {
        get
        {
            using (_lock.Enter())
                return _failed;
        }
    }

    /// <summary>Objects looked at.</summary>
    public long Checked
    {
        get
        {
            using (_lock.Enter())
                return _checked;
        }
    }

    /// <summary>In Lustre's words (scrub_dump).</summary>
    public string Status()
    {
        var text = new StringBuilder();
        using (_lock.Enter())
        {
            long now = _context.UnixSeconds;
            string updated = _options.IsDryRun ? "inconsistent" : "updated";
            Line($"name: OI_scrub\nmagic: 0x{ScrubConst.MAGIC_V1:x}\noi_files: 1");
            Line($"status: {_status.ToString().ToLowerInvariant()}");
            Line($"flags:{(_flags == 0 ? "" : " inconsistent")}");
            string[] given = [.. new[] { _options.EndsWithFailure ? "failout" : "", _options.IsDryRun ? "dryrun" : "" }
                .Where(word => word.Length > 0)];
            Line($"param:{(given.Length == 0 ? "" : " ")}{string.Join(',', given)}");
            Line($"time_since_last_completed: {Since(_completedAt, now)}");
            Line($"time_since_latest_start: {Since(_startedAt, now)}");
            Line($"time_since_last_checkpoint: {Since(_startedAt, now)}");
            Line($"latest_start_position: {(_startedAt == 0 ? "N/A" : "1")}");
            Line($"last_checkpoint_position: {(_checked == 0 ? "N/A" : _checked)}");
            Line($"first_failure_position: {(_firstFailure == 0 ? "N/A" : _firstFailure)}");
            Line($"checked: {_checked}\n{updated}: {_updated}\nfailed: {_failed}\nprior_{updated}: 0\nnoscrub: 0");
            Line($"igif: 0\nsuccess_count: {_successes}");
            bool runs = _running is not null;
            long seconds = runs ? now - _startedAt : _runSeconds;
            long speed = _checked / Math.Max(1, seconds);
            Line($"run_time: {seconds} seconds\naverage_speed: {speed} objects/sec");
            Line($"real_time_speed: {(runs ? $"{speed} objects/sec" : "N/A")}");
            Line($"current_position: {(runs ? _checked + 1 : "N/A")}");
            if (runs)
                Line($"scrub_in_prior: no\nscrub_full_speed: {(_options.ObjectsPerSecond == 0 ? "yes" : "no")}");
            if (runs)
                Line($"partial_scan: no");
        }
        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    static string Since(long then, long now) => then == 0 ? "N/A" : $"{Math.Max(0, now - then)} seconds";

    /// <summary>Under the lock.</summary>
    void Began()
    {
        _status = ScrubStatus.SCANNING;
        _startedAt = _context.UnixSeconds;
        _checked = _updated = _failed = _firstFailure = 0;
        _flags = 0;
    }

    /// <summary>Under the lock.</summary>
    void Ended(ScrubStatus how)
    {
        _status = how;
        _runSeconds = _context.UnixSeconds - _startedAt;
        if (how != ScrubStatus.COMPLETED)
            return;
        _completedAt = _context.UnixSeconds;
        _successes++;
    }

    void Count(ref long counter)
    {
        using (_lock.Enter())
            counter++;
    }

    void NoteFailure()
    {
        using (_lock.Enter())
        {
            _failed++;
            _flags |= ScrubFlags.INCONSISTENT;
            if (_firstFailure == 0)
                _firstFailure = _checked;
        }
    }
}
