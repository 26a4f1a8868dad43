using System.Globalization;
using System.Net;

namespace Lustrous.Echo.Tests;

/// <summary>
/// Bulk both ways, several at a time, while a side is killed or the connections are cut, again and again:
/// every byte comes back,
/// and nothing is done twice.
/// </summary>
public sealed class EchoStormTests : IDisposable
{
    const int Writers = 4;
    const int Kills = 3;
    const int RoundsBetween = 10;

    readonly string _port = EchoProcess.FreePort(IPAddress.Loopback).ToString(CultureInfo.InvariantCulture);
    readonly string _journal;

    public EchoStormTests() =>
        _journal = Path.Combine(Path.GetTempPath(), $"lustrous-storm-{Environment.ProcessId}-{_port}");

    public void Dispose()
    {
        File.Delete(_journal);
        File.Delete(_journal + ".objects");
    }

    [Fact]
    public async Task Kills_of_the_server_in_the_middle_of_bulks_cost_neither_a_byte_nor_a_second_execution()
    {
        EchoProcess server = await ServeAsync();
        await using EchoProcess client = await StormAsync();
        for (int kill = 0; kill < Kills; kill++)
        {
            await RoundsAsync(client);
            // The moment is that of a bulk of 16 MiB, once to the server and once from it, with others under way.
            await client.FindAsync(kill % 2 == 0 ? "writing 16777216" : "reading 16777216");
            await server.DisposeAsync();
            server = await ServeAsync();
        }
        await RoundsAsync(client);
        client.Stop();
        string resent = await client.FindAsync("resent ");
        await client.ExpectAsync("done");
        await client.ExitAsync();
        Assert.Equal(0, client.ExitCode);
        await server.DisposeAsync();
        Assert.True(int.Parse(resent["resent ".Length..], CultureInfo.InvariantCulture) >= Kills, resent);
        EchoTests.AssertOnce(_journal, (Kills + 1) * RoundsBetween);
    }

    [Fact]
    public async Task Kills_of_the_client_in_the_middle_of_bulks_leave_the_server_to_its_next_lives()
    {
        await using EchoProcess server = await ServeAsync();
        for (int kill = 0; kill < Kills; kill++)
        {
            await using EchoProcess client = await StormAsync();
            await RoundsAsync(client);
            await client.FindAsync(kill % 2 == 0 ? "reading 16777216" : "writing 16777216");
            await client.KillAsync();
        }
        await using EchoProcess last = await StormAsync();
        await RoundsAsync(last);
        last.Stop();
        await last.FindAsync("resent ");
        await last.ExpectAsync("done");
        await last.ExitAsync();
        Assert.Equal(0, last.ExitCode);
        EchoTests.AssertOnce(_journal, (Kills + 1) * RoundsBetween);
    }

    async Task<EchoProcess> ServeAsync()
    {
        var server = new EchoProcess("serve", "--nid", "127.0.0.1@tcp", "--port", _port, "--journal", _journal);
        await server.ExpectAsync("ready");
        return server;
    }

    async Task<EchoProcess> StormAsync()
    {
        var client = new EchoProcess(
            "run", "--nid", "127.0.0.2@tcp", "--server", "127.0.0.1@tcp", "--port", _port, "--storm",
            Writers.ToString(CultureInfo.InvariantCulture));
        await client.ExpectAsync("connected");
        return client;
    }

    static async Task RoundsAsync(EchoProcess client)
    {
        for (int i = 0; i < RoundsBetween; i++)
            await client.FindAsync("counted ");
    }
}
