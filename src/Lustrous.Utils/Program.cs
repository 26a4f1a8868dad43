using System.CommandLine;
using System.Text;
using Lustrous.Utils.Commands;

// Names and arrows are UTF-8; a buffered writer keeps long output fast.
await using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);
Console.SetOut(output);

// One file, many names: as 'lfs' it is 'lustrous lfs'. The words of lfs and lctl are Lustre's own, options in the
// middle included, so they are not taken apart here.
string[] words = Names.WithSubcommand(args);
if (words is ["lfs" or "lctl", .. var rest] && rest is not ([] or ["--help"] or ["-h"] or ["-?"]))
{
    return words[0] == "lfs"
        ? await LfsCommand.RunAsync(rest, CancellationToken.None)
        : await LctlCommand.RunAsync(rest, CancellationToken.None);
}

var root = new RootCommand("Lustre in user space: the servers, the client and the tools, in one file.")
{
    QuickstartCommand.Create(),
    QuickstartHost.Create(),
    UpCommand.Create(),
    MkfsCommand.Create(),
    TunefsCommand.Create(),
    ServeCommand.Create(),
    MountCommand.Create(),
    LfsCommand.Create(),
    LctlCommand.Create(),
    DecodeCommand.Create(),
};
ParseResult parsed = root.Parse(words);
// Commands that run for long end by themselves when they are told to (HostCommand).
int exitCode = await parsed.InvokeAsync(
    new InvocationConfiguration { Output = output, ProcessTerminationTimeout = null });

// Input that cannot be used is 2 everywhere; 1 means that it could, and something in it was wrong.
return parsed.Errors.Count > 0 ? 2 : exitCode;
