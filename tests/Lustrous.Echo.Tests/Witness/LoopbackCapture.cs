using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Lustrous.Echo.Tests.Witness;

/// <summary>dumpcap on the loopback device, where this machine has it and lets it.</summary>
sealed class LoopbackCapture
{
    const int TailBytes = 64 << 10;

    static readonly TimeSpan MarkLimit = TimeSpan.FromSeconds(10);

    readonly Process _process;
    readonly int _port;
    readonly Task<string> _rest;
    bool _stopped;

    LoopbackCapture(Process process, int port, string path)
    {
        (_process, _port, Path) = (process, port, path);
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
                return (new LoopbackCapture(process, port, path), "");
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
        bool isWhole = await SeesMarkAsync();
        // It flushes its file on SIGINT only.
        using (Process kill = Tool.Start("kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture)))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        string said = await _rest;
        _process.Dispose();
        // "Packets received/dropped on interface 'Loopback: lo': 1195/0 (…"
        if (!isWhole)
            return "dumpcap did not write the end of the conversation";
        return said.Contains("/0 (", StringComparison.Ordinal)
            ? null
            : "dumpcap lost packets: " + said.ReplaceLineEndings(" ");
    }

    /// <summary>
    /// Whether a last packet, sent when all others had been, has reached the file: what is still in the kernel's ring
    /// when dumpcap ends is lost without being counted.
    /// </summary>
    async Task<bool> SeesMarkAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var mark = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(mark, (ushort)((IPEndPoint)socket.LocalEndPoint!).Port);
        BinaryPrimitives.WriteUInt16BigEndian(mark.AsSpan(2), (ushort)_port);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _port);
        }
        catch (SocketException)
        {
            // Nobody listens any more: the SYN with its two ports is the mark.
        }
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < MarkLimit)
        {
            if (Tail().AsSpan().IndexOf(mark) >= 0)
                return true;
            await Task.Delay(20);
        }
        return false;
    }

    byte[] Tail()
    {
        using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(-Math.Min(TailBytes, file.Length), SeekOrigin.End);
        var tail = new byte[file.Length - file.Position];
        file.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false);
        return tail;
    }
}
