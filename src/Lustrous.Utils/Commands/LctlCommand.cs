using System.CommandLine;
using System.Globalization;
using System.Text;
using Lustrous.Utils.Control;

namespace Lustrous.Utils.Commands;

/// <summary><c>lctl</c>: asks running processes of ours.</summary>
static class LctlCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("VERB")
        {
            Description = "dl; list_nids; ping NID; get_param [-n] NAME…; list_param NAME…;"
                + " set_param [-P] NAME=VALUE…; conf_param NAME=VALUE; --device NAME abort_recovery;"
                + " --device NAME|N recover [NID]; recover; --device NAME|N deactivate|activate;"
                + " lfsck_start [-M NAME] [-A] [-n] [-t TYPES] [-s N] [-e abort]; lfsck_stop [-M NAME] [-A];"
                + " lfsck_query [-M NAME] [-w]; scrub [-M NAME] [-n] [-s N]",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("lctl", "Looks into running servers and mounts, and sets their parameters.")
        {
            words,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, cancel) => RunAsync(
            [.. parsed.GetValue(words) ?? [], .. parsed.UnmatchedTokens], cancel));
        return command;
    }

    /// <summary>Runs a verb with its words as they were written, options included.</summary>
    public static async Task<int> RunAsync(string[] words, CancellationToken cancel)
    {
        switch (words)
        {
            case ["dl" or "device_list", ..]:
                return await DevicesAsync(cancel);
            case ["list_nids", ..]:
                return await ShowFirstAsync(["list_nids"], cancel);
            case ["ping", var nid, ..]:
                return await ShowFirstAsync(["ping", nid], cancel);
            case ["get_param", "-n", .. var names] when names.Length > 0:
                return await EachAsync(names, name => ["get_param", "-n", name], "get_param", cancel);
            case ["get_param" or "list_param", .. var names] when names.Length > 0:
                return await EachAsync(names, name => [words[0], name], words[0], cancel);
            case ["set_param", "-P", .. var settings] when settings.Length > 0:
                return await EachAsync(settings, setting => ["set_param", "-P", setting], "set_param", cancel);
            case ["set_param", .. var settings] when settings.Length > 0:
                return await EachAsync(settings, setting => ["set_param", setting], "set_param", cancel);
            case ["--device", var device, "abort_recovery" or "abort_recov"]:
                return await EachAsync(
                    [$"*.{device}.abort_recovery=1"], setting => ["set_param", setting], "abort_recovery", cancel);
            case ["lfsck_start" or "lfsck_stop" or "lfsck_query" or "scrub", ..]:
                return await ChecksAsync(words, cancel);
            case ["--device", var device, "recover" or "deactivate" or "activate", .. var nid] when nid.Length < 2:
                return await OfDeviceAsync(words[2], device, nid, cancel);
            case ["recover"]:
                return await EachAsync([ImportVerbs.Every], all => ["recover", all], "recover", cancel);
            case ["conf_param", var setting]:
                return await EachAsync([setting], one => ["conf_param", one], "conf_param", cancel);
            default:
                await Console.Error.WriteLineAsync(
                    $"lctl: '{string.Join(' ', words)}' is not known; see lustrous lctl --help");
                return 2;
        }
    }

    static async Task<int> DevicesAsync(CancellationToken cancel)
    {
        foreach (string line in await ListDevicesAsync(cancel))
            Console.WriteLine(line);
        return 0;
    }

    /// <summary>The devices of all processes, numbered through.</summary>
    static async Task<List<string>> ListDevicesAsync(CancellationToken cancel)
    {
        var lines = new List<string>();
        foreach (ControlAnswer answer in await ControlClient.AskAllAsync(["dl"], cancel))
        {
            foreach (string line in answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{lines.Count,3}{line[3..]}"));
        }
        return lines;
    }

    /// <summary>A device is named, with or without <c>%</c> before it, or has its number in <c>lctl dl</c>.</summary>
    static async Task<int> OfDeviceAsync(string verb, string device, string[] nid, CancellationToken cancel)
    {
        string name = device.TrimStart('%');
        if (int.TryParse(device, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            List<string> lines = await ListDevicesAsync(cancel);
            // Number, state, kind, name, uuid, references.
            name = number < lines.Count
                ? lines[number].Split(' ', StringSplitOptions.RemoveEmptyEntries)[3]
                : device;
        }
        return await EachAsync([name], one => [verb, one, .. nid], verb, cancel);
    }

    static async Task<int> ShowFirstAsync(string[] words, CancellationToken cancel)
    {
        ControlAnswer? answer = await ControlClient.AskFirstAsync(words, cancel);
        if (answer is null)
        {
            await Console.Error.WriteLineAsync(
                $"lctl: no server or mount of yours is running ({ControlPaths.Folder})");
            return 1;
        }
        return Show(answer);
    }

    static async Task<int> EachAsync(
        string[] items, Func<string, string[]> words, string verb, CancellationToken cancel)
    {
        int exitCode = 0;
        foreach (string item in items)
        {
            List<ControlAnswer> answers = await ControlClient.AskAllAsync(words(item), cancel);
            if (answers.Count == 0)
            {
                bool isForMgs = words(item) is ["set_param", "-P", ..] or ["conf_param", ..];
                await Console.Error.WriteLineAsync(isForMgs
                    ? $"error: {verb}: no MGS of yours is running here; run this on its node"
                    : verb is "recover" or "deactivate" or "activate"
                    ? $"error: {verb}: no client of a target is called '{item}' here; see lctl dl"
                    : $"error: {verb}: param_path '{item.Split('=')[0]}': No such file or directory");
                exitCode = (int)Errno.ENOENT;
            }
            foreach (ControlAnswer answer in answers)
                exitCode = Show(answer) is var code and not 0 ? code : exitCode;
        }
        return exitCode;
    }

    static async Task<int> ChecksAsync(string[] words, CancellationToken cancel)
    {
        int exitCode = 0;
        List<ControlAnswer> answers = await ControlClient.AskAllAsync(words, cancel);
        foreach (ControlAnswer answer in answers)
            exitCode = Show(answer) is var code and not 0 ? code : exitCode;
        if (answers.Count > 0)
            return exitCode;
        await Console.Error.WriteLineAsync($"{words[0]}: no such target of yours is running here");
        return (int)Errno.ENODEV;
    }

    static int Show(ControlAnswer answer)
    {
        Console.Write(answer.Output);
        Console.Error.Write(answer.Error);
        return answer.ExitCode;
    }
}
