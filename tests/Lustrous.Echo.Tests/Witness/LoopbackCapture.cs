using System.Diagnostics;
using System.Globalization;

namespace Lustrous.Echo.Tests.Witness;

/// <summary>dumpcap on the loopback device, where this machine has it and lets it.</summary>
sealed class LoopbackCapture
{
    readonly Process _process;
    readonly Task<string> _rest;
    bool _stopped;

    LoopbackCapture(Process process, string path)
    {
        (_process, Path) = (process, path);
        _rest = process.StandardError.ReadToEndAsync();
    }

    public string Path { get; }

    /// <summary>A capture under way, or why there is none.</summary>
    public static async Task<(LoopbackCapture? Capture, string Reason)> StartAsync(int port, string path)
    {
        if (Tool.Find("dumpcap") is not { } dumpcap)
            return (null, "dumpcap is not installed ('apt-get install wireshark-common')");
        // It ends by itself should this process die: after five minutes.
        Process process = Tool.Start(
            dumpcap, "-i", "lo", "-f", string.Create(CultureInfo.InvariantCulture, $"tcp port {port}"),
            "-w", path, "-P", "-s", "0", "-B", "128", "-a", "duration:300");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        string said = "";
        while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("File:", StringComparison.Ordinal))
                return (new LoopbackCapture(process, path), "");
            said += line + " ";
        }
        process.Dispose();
        return (null, "dumpcap may not capture here: " + said);
    }

    /// <summary>Ends it; the reason why its file is no good, or null.</summary>
    public async Task<string?> StopAsync()
    {
        if (_stopped)
            return null;
        _stopped = true;
        // It flushes its file on SIGINT only.
        using (Process kill = Tool.Start("kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture)))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        string said = await _rest;
        _process.Dispose();
        // "Packets received/dropped on interface 'Loopback: lo': 1195/0 (…"
        return said.Contains("/0 (", StringComparison.Ordinal)
            ? null
            : "dumpcap lost packets: " + said.ReplaceLineEndings(" ");
    }
}
