using System.CommandLine;
using Lustrous.Utils.Control;
using Lustrous.Utils.Copy;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary><c>lfs</c>: asks the process that has the mount.</summary>
static class LfsCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("VERB")
        {
            Description = "df [-h|-i] [DIR]; osts [DIR]; mdts [DIR]; getstripe [-d|-c|-S|-i] PATH…;"
                + " setstripe [-E END] [-c|-C COUNT] [-S SIZE] [-i INDEX] [-o OSTS] [-p POOL] … | -d PATH…;"
                + " path2fid PATH…;"
                + " fid2path DIR FID…; getsom [-s|-b|-f] FILE…",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("lfs", "Looks at stripes, room and FIDs of a mounted file system.") { words };
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
            case ["df" or "osts" or "mdts", .. var rest]:
                string[] flags = [.. rest.Where(word => word.StartsWith('-'))];
                string[] folders = [.. rest.Where(word => !word.StartsWith('-'))];
                return await EachAsync(words[0], folders.Length > 0 ? folders : Mounts(), flags, cancel);
            case ["path2fid", .. var paths] when paths.Length > 0:
                return await EachAsync("path2fid", paths, [], cancel);
            case ["fid2path", var folder, .. var fids] when fids.Length > 0:
                return await EachAsync("fid2path", [folder], fids, cancel);
            case ["getstripe" or "getsom", .. var rest]:
                return await EachAsync(words[0],
                    [.. rest.Where(word => !word.StartsWith('-'))], [.. rest.Where(word => word.StartsWith('-'))],
                    cancel);
            case ["setstripe", .. var rest]:
                (string[] options, string[] targets) = SplitSetstripe(rest);
                return await EachAsync("setstripe", targets, options, cancel);
            default:
                await Console.Error.WriteLineAsync(
                    $"lfs: '{string.Join(' ', words)}' is not known; see lustrous lfs --help");
                return 2;
        }
    }

    /// <summary>All options but -d have a value behind them.</summary>
    static (string[] Options, string[] Paths) SplitSetstripe(string[] words)
    {
        var options = new List<string>();
        var paths = new List<string>();
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith('-'))
            {
                paths.Add(words[i]);
                continue;
            }
            options.Add(words[i]);
            if (words[i] is not ("-d" or "--delete") && i + 1 < words.Length)
                options.Add(words[++i]);
        }
        return ([.. options], [.. paths]);
    }

    static string[] Mounts() =>
        [.. MountTable.Read().Where(entry => entry.Type == "fuse.lustre").Select(entry => entry.MountPoint)];

    static async Task<int> EachAsync(string verb, string[] paths, string[] options, CancellationToken cancel)
    {
        if (paths.Length == 0)
        {
            await Console.Error.WriteLineAsync($"lfs {verb}: name a path of a mounted file system");
            return 2;
        }
        int exitCode = 0;
        foreach (string path in paths)
        {
            string real = Libc.RealPath(path);
            ControlAnswer? answer = await ControlClient.AskFirstAsync(["lfs", verb, real, path, .. options], cancel);
            if (answer is null)
            {
                await Console.Error.WriteLineAsync(
                    $"lfs {verb}: '{path}' lies in no file system that a process of yours has mounted");
                exitCode = (int)Errno.ENOTTY;
                continue;
            }
            Console.Write(answer.Output);
            Console.Error.Write(answer.Error);
            exitCode = answer.ExitCode != 0 ? answer.ExitCode : exitCode;
        }
        return exitCode;
    }
}
