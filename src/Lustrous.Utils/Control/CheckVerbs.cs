using System.Globalization;
using System.Text;
using Lustrous.Idl.Lfsck;
using Lustrous.Mds.Lfsck;
using Lustrous.Osd.Scrub;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Control;

/// <summary><c>lctl lfsck_start</c>, <c>lfsck_stop</c>, <c>lfsck_query</c>, and <c>scrub</c>, which waits and says what
/// was found; for the targets of this process.</summary>
/// <remarks>Output as lustre/utils/lustre_lfsck.c.</remarks>
sealed class CheckVerbs(IReadOnlyList<TargetCheck> checks)
{
    static readonly ControlAnswer s_notMine = new("", "", ControlAnswer.NotMine);

    public async Task<ControlAnswer> ExecuteAsync(string verb, string[] words, CancellationToken cancel)
    {
        if (checks.Count == 0)
            return s_notMine;
        if (CheckOptions.Parse(verb, words, out string why) is not { } options)
            return new ControlAnswer("", why + "\n", (int)Errno.EINVAL);
        // Without a device it is the MDT's; a scrub is of all there are.
        List<TargetCheck> wanted = [.. checks.Where(check => options.Device is { } device
            ? check.Name == device || (options.IsForAll && checks.Any(other => other.Name == device))
            : options.IsForAll || verb == "scrub" || check.Lfsck is not null)];
        if (wanted.Count == 0)
            return s_notMine;
        return verb switch
        {
            "lfsck_start" => Start(wanted, options),
            "lfsck_stop" => await StopAsync(wanted),
            "lfsck_query" => await QueryAsync(wanted, options, cancel),
            _ => await ScrubAsync(wanted, options, cancel),
        };
    }

    static ControlAnswer Start(List<TargetCheck> wanted, CheckOptions options)
    {
        var output = new StringBuilder();
        var errors = new StringBuilder();
        int exitCode = 0;
        bool isUsual = options.Types.Length == 0 || options.Types.Any(type => type is "all" or "default");
        var how = new LfsckOptions
        {
            ChecksLayout = isUsual || options.Types.Contains("layout"),
            ChecksNamespace = isUsual || options.Types.Contains("namespace"),
            Flags = options.Flags,
            ObjectsPerSecond = options.ObjectsPerSecond,
        };
        foreach (TargetCheck check in wanted)
        {
            // The scrub goes along with all of them, or runs already.
            Errno error = check.Scrub.Start(ScrubOptionsOf(options));
            bool isOnlyScrub = check.Lfsck is null || !(how.ChecksLayout || how.ChecksNamespace);
            if (!isOnlyScrub)
                error = check.Lfsck!.Start(how);
            if (error != Errno.OK)
            {
                errors.Append(CultureInfo.InvariantCulture, $"Fail to start LFSCK: {ErrnoText.Of(error)}\n");
                exitCode = (int)error;
                continue;
            }
            output.Append(CultureInfo.InvariantCulture, $"Started LFSCK on the device {check.Name}: scrub");
            output.Append(!isOnlyScrub && how.ChecksLayout ? " layout" : "");
            output.Append(!isOnlyScrub && how.ChecksNamespace ? " namespace\n" : "\n");
        }
        return new ControlAnswer(output.ToString(), errors.ToString(), exitCode);
    }

    static async Task<ControlAnswer> StopAsync(List<TargetCheck> wanted)
    {
        var output = new StringBuilder();
        var errors = new StringBuilder();
        int exitCode = 0;
        foreach (TargetCheck check in wanted)
        {
            Errno scrub = await check.Scrub.StopAsync();
            Errno error = check.Lfsck is null ? scrub : await check.Lfsck.StopAsync();
            if (error == Errno.OK || scrub == Errno.OK)
            {
                output.Append(CultureInfo.InvariantCulture, $"Stopped LFSCK on the device {check.Name}.\n");
                continue;
            }
            errors.Append(CultureInfo.InvariantCulture, $"Fail to stop LFSCK: {ErrnoText.Of(error)}\n");
            exitCode = (int)error;
        }
        return new ControlAnswer(output.ToString(), errors.ToString(), exitCode);
    }

    static async Task<ControlAnswer> QueryAsync(
        List<TargetCheck> wanted, CheckOptions options, CancellationToken cancel)
    {
        var output = new StringBuilder();
        foreach (MdtLfsck lfsck in wanted.Select(check => check.Lfsck).OfType<MdtLfsck>())
        {
            if (options.Waits)
                await lfsck.WaitAsync().WaitAsync(cancel);
            foreach ((string name, LfsckStatus status, long repaired) in lfsck.Kinds)
            {
                if (options.Types.Length > 0 && !options.Types.Contains(name) && !options.Types.Contains("all"))
                    continue;
                foreach (LfsckStatus each in Enum.GetValues<LfsckStatus>())
                    output.Append(CultureInfo.InvariantCulture,
                        $"{name}_mdts_{MdtLfsck.NameOf(each)}: {(each == status ? 1 : 0)}\n");
                // What an MDT asks of OSTs they answer to it alone: none runs a check of its own.
                foreach (LfsckStatus each in Enum.GetValues<LfsckStatus>())
                    output.Append(CultureInfo.InvariantCulture, $"{name}_osts_{MdtLfsck.NameOf(each)}: 0\n");
                output.Append(CultureInfo.InvariantCulture, $"{name}_repaired: {repaired}\n");
            }
        }
        return new ControlAnswer(output.ToString(), "", 0);
    }

    static async Task<ControlAnswer> ScrubAsync(
        List<TargetCheck> wanted, CheckOptions options, CancellationToken cancel)
    {
        var output = new StringBuilder();
        int exitCode = 0;
        foreach (TargetCheck check in wanted)
        {
            OsdScrub scrub = check.Scrub;
            Errno error = scrub.Start(ScrubOptionsOf(options));
            if (error != Errno.OK && error != Errno.EALREADY)
                return new ControlAnswer(
                    output.ToString(), $"scrub: {check.Name}: {ErrnoText.Of(error)}\n", (int)error);
            await scrub.WaitAsync().WaitAsync(cancel);
            output.Append(CultureInfo.InvariantCulture,
                $"{check.Name}: {scrub.Checked} objects checked, {scrub.Failed} failed\n");
            foreach (string problem in scrub.Problems)
                output.Append("  ").Append(problem).Append('\n');
            exitCode = scrub.Failed > 0 ? (int)Errno.EIO : exitCode;
        }
        return new ControlAnswer(output.ToString(), "", exitCode);
    }

    static OsdScrubOptions ScrubOptionsOf(CheckOptions options) => new()
    {
        IsDryRun = (options.Flags & LfsckParamFlags.DRYRUN) != 0,
        EndsWithFailure = (options.Flags & LfsckParamFlags.FAILOUT) != 0,
        ObjectsPerSecond = options.ObjectsPerSecond,
    };
}
