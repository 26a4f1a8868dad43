using System.Globalization;
using System.Net;

namespace Lustrous.Echo.Tests.Witness;

/// <summary>
/// One conversation of two processes over TCP: connect, pings of both kinds, writes and reads from 1 B to 16 MiB,
/// counting, what is refused, disconnect. Captured between them, and each side's own account of what it sent.
/// </summary>
public sealed class EchoCapture : IAsyncLifetime
{
    public const string Sizes = "1,100,4096,4097,65536,1048576,1048577,4194304,16777216";
    public const int Pings = 10, Counts = 5;

    readonly string _folder = Directory.CreateTempSubdirectory("lustrous-witness-").FullName;
    LoopbackCapture? _loopback;

    public int Port { get; } = EchoProcess.FreePort(IPAddress.Loopback);

    /// <summary>The capture, as if the target listened on port 988.</summary>
    public string Pcap => Path.Combine(_folder, "echo.pcap");

    /// <summary>The same conversation seen on the loopback device; null when it cannot be captured there.</summary>
    public string? LoopbackPcap => _loopback?.Path;

    /// <summary>Why there is no <see cref="LoopbackPcap"/>.</summary>
    public string NoLoopback { get; private set; } = "";

    /// <summary>What the client said it was told.</summary>
    public List<string> Output { get; } = [];

    public async ValueTask InitializeAsync()
    {
        string port = Port.ToString(CultureInfo.InvariantCulture);
        (_loopback, NoLoopback) = await LoopbackCapture.StartAsync(Port, Path.Combine(_folder, "lo.pcap"));
        await using var server = new EchoProcess(
            "serve", "--nid", "127.0.0.1@tcp", "--port", port, "--transcript", Transcript("server"));
        await server.ExpectAsync("ready");
        await using var client = new EchoProcess(
            "run", "--nid", "127.0.0.2@tcp", "--server", "127.0.0.1@tcp", "--port", port, "--sizes", Sizes,
            "--count", Counts.ToString(CultureInfo.InvariantCulture),
            "--pings", Pings.ToString(CultureInfo.InvariantCulture), "--oddities", "1",
            "--transcript", Transcript("client"), "--pcap", Pcap);
        while (await client.ReadLineAsync() is { } line)
            Output.Add(line);
        await client.ExitAsync();
        Assert.True(client.ExitCode == 0, string.Join('\n', Output) + client.Errors);
        server.CloseInput();
        await server.ExitAsync();
        if (_loopback is not null && await _loopback.StopAsync() is { } reason)
            (_loopback, NoLoopback) = (null, reason);
    }

    /// <summary>What one side handed to its driver, in its own words (<c>EchoTranscript</c>).</summary>
    internal IEnumerable<WitnessedMessage> Sent(string side) => File.ReadLines(Transcript(side)).Select(line =>
    {
        string[] words = line.Split(' ');
        WitnessedBody? body = words.Length == 4 ? null : new WitnessedBody(
            (uint)Number(words[4]), (uint)Number(words[5]), int.Parse(words[6], CultureInfo.InvariantCulture),
            Number(words[7]));
        return new WitnessedMessage(words[0], (uint)Number(words[1]), Number(words[2]), (uint)Number(words[3]), body);
    });

    public async ValueTask DisposeAsync()
    {
        if (_loopback is not null)
            await _loopback.StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    string Transcript(string side) => Path.Combine(_folder, side + ".txt");

    static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
