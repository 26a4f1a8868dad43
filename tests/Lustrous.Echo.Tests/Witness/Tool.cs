using System.Diagnostics;

namespace Lustrous.Echo.Tests.Witness;

/// <summary>Runs a program to its end and gives its lines.</summary>
static class Tool
{
    /// <summary>The path of an installed program; null when there is none.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin").Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Gives each line to <paramref name="take"/>; fails on a bad exit code or after two minutes.</summary>
    public static async Task RunAsync(Action<string> take, string program, params string[] arguments)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using Process process = Start(program, arguments);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
                take(line);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    public static async Task<List<string>> RunAsync(string program, params string[] arguments)
    {
        var lines = new List<string>();
        await RunAsync(lines.Add, program, arguments);
        return lines;
    }
}
