using System.CommandLine;
using System.Text;
using Lustrous.Utils.Commands;

// Names and arrows are UTF-8; a buffered writer keeps long output fast.
await using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);
Console.SetOut(output);
var root = new RootCommand("Lustre in user space: the servers, the client and the tools, in one file.")
{
    DecodeCommand.Create(),
};
ParseResult parsed = root.Parse(args);
int exitCode = await parsed.InvokeAsync(new InvocationConfiguration { Output = output });

// Input that cannot be used is 2 everywhere; 1 means that it could, and something in it was wrong.
return parsed.Errors.Count > 0 ? 2 : exitCode;
