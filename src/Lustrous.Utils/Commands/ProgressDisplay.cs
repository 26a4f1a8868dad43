using Lustrous.Utils.Copy;
using Spectre.Console;

namespace Lustrous.Utils.Commands;

/// <summary>A bar for a pass over a tree; nothing where nobody watches.</summary>
static class ProgressDisplay
{
    static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);

    /// <summary>Shows how far it is until <paramref name="running"/> ends, and throws what it throws.</summary>
    public static async Task ShowAsync(string what, long bytes, int entries, TreeCopy copy, Task running)
    {
        if (Console.IsOutputRedirected)
        {
            await running;
            return;
        }
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true }),
        });
        await Console.Out.FlushAsync();
        // Small files take their time by number, large ones by size.
        const double weightOfEntry = 64 << 10;
        double total = bytes + entries * weightOfEntry;
        await console.Progress().AutoClear(true).StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask(what, maxValue: Math.Max(total, 1));
            while (!running.IsCompleted)
            {
                await Task.WhenAny(running, Task.Delay(s_step));
                bar.Value = copy.BytesDone + copy.EntriesDone * weightOfEntry;
            }
        });
        await running;
    }
}
