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
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { Output = output });
