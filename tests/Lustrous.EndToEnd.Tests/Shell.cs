using System.Diagnostics;

namespace Lustrous.EndToEnd.Tests;

/// <summary>Programs that everybody uses.</summary>
static class Shell
{
    /// <summary>Runs a script of sh; one that hangs is a failure.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string script, int seconds = 120)
    {
        var start = new ProcessStartInfo("timeout")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string word in (string[])["-s", "KILL", $"{seconds}", "sh", "-c", script])
            start.ArgumentList.Add(word);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    /// <summary>The same, which must work; what it said.</summary>
    public static async Task<string> OkAsync(string script, int seconds = 120)
    {
        (int exitCode, string output) = await RunAsync(script, seconds);
        Assert.True(exitCode == 0, $"{script}\nexit code {exitCode}\n{output}");
        return output;
    }
}
