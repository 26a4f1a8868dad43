using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;

namespace Lustrous.Echo.Tests;

/// <summary>Two nodes of ours end to end: over TCP in two processes, and over lolnd in one.</summary>
public class EchoTests
{
    const string Sizes = "1,100,4096,4097,65536,1048576,1048577,4194304,16777216";

    [Fact]
    public async Task Bulk_of_every_size_comes_back_equal_over_lolnd()
    {
        NodeContext context = EchoNode.CreateContext();
        var lnet = new LNetNode(context);
        using var journal = new EchoJournal(null);
        var store = new EchoStore(context.Buffers, null);
        var server = new EchoServer(lnet, journal, store);
        Assert.Equal(Errno.OK, server.Start());
        using (var node = new PtlrpcNode(lnet, EchoNode.Timeouts))
        {
            var client = new EchoClient(node, new(Nid.Loopback, LNetProcessId.LustrePid), "lo-client");
            Assert.Equal(Errno.OK, await client.ConnectAsync(default));
            using var output = new StringWriter();
            int[] sizes = [.. Sizes.Split(',').Select(int.Parse)];
            Assert.True(await EchoRun.RunAsync(client, context, sizes, 1, 50, output) == 0, output.ToString());
            Assert.Equal(50, journal.Executed);
            await client.DisposeAsync();
        }
        await server.DisposeAsync();
        await lnet.DisposeAsync();
        store.Dispose();
        await Leaks.AssertNoneAsync(context.Buffers);
    }

    [Fact]
    public async Task Bulk_of_every_size_comes_back_equal_over_tcp_between_two_processes()
    {
        string port = Port();
        await using var server = new EchoProcess("serve", "--nid", "127.0.0.1@tcp", "--port", port);
        await server.ExpectAsync("ready");
        await using EchoProcess client = Client(port, "--sizes", Sizes, "--count", "20");
        await AllSizesAsync(client);
    }

    [Fact]
    public async Task Bulk_of_every_size_comes_back_equal_over_ipv6_between_two_processes()
    {
        // There is one loopback address of IPv6 only: the two nodes share it, have NIDs and ports of their own.
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        string port = EchoProcess.FreePort(IPAddress.IPv6Loopback).ToString(CultureInfo.InvariantCulture);
        string clientPort = EchoProcess.FreePort(IPAddress.IPv6Loopback).ToString(CultureInfo.InvariantCulture);
        await using var server = new EchoProcess(
            "serve", "--nid", "::1@tcp", "--address", "::1", "--port", port, "--peer-port", clientPort);
        await server.ExpectAsync("ready");
        await using var client = new EchoProcess(
            "run", "--nid", "fd00::2@tcp", "--server", "::1@tcp", "--address", "::1", "--port", port,
            "--accept-port", clientPort, "--sizes", Sizes, "--count", "20");
        await AllSizesAsync(client);
    }

    static async Task AllSizesAsync(EchoProcess client)
    {
        await client.ExpectAsync("connected");
        await client.ExpectAsync("ping ok");
        foreach (string size in Sizes.Split(','))
            await client.ExpectAsync($"verified {size}");
        for (int i = 1; i <= 20; i++)
            await client.ExpectAsync($"counted {i} {i}");
        await client.ExpectAsync("done");
        await client.ExitAsync();
        Assert.Equal(0, client.ExitCode);
    }

    [Fact]
    public async Task After_a_kill_of_the_server_the_client_reconnects_and_nothing_is_executed_twice()
    {
        const int count = 4000;
        string port = Port();
        string journal = Path.Combine(Path.GetTempPath(), $"lustrous-echo-{Environment.ProcessId}-{port}");
        try
        {
            EchoProcess server = await ServeAsync(port, journal);
            await using EchoProcess client = Client(port, "--count", count.ToString(CultureInfo.InvariantCulture));
            await client.ExpectAsync("connected");
            await client.ExpectAsync("ping ok");
            for (int i = 1; i <= 300; i++)
                await client.ExpectAsync($"counted {i} {i}");
            await server.DisposeAsync();
            server = await ServeAsync(port, journal);
            for (int i = 301; i <= count; i++)
                await client.ExpectAsync($"counted {i} {i}");
            await client.ExpectAsync("done");
            await server.DisposeAsync();
            AssertOnce(journal, count);
        }
        finally
        {
            File.Delete(journal);
        }
    }

    [Fact]
    public async Task After_a_kill_of_the_client_its_next_life_connects_and_nothing_is_executed_twice()
    {
        string port = Port();
        string journal = Path.Combine(Path.GetTempPath(), $"lustrous-echo-{Environment.ProcessId}-{port}");
        try
        {
            await using (EchoProcess server = await ServeAsync(port, journal))
            {
                await using (EchoProcess first = Client(port, "--count", "100000"))
                {
                    await first.ExpectAsync("connected");
                    await first.ExpectAsync("ping ok");
                    for (int i = 1; i <= 100; i++)
                        await first.ExpectAsync($"counted {i} {i}");
                    await first.KillAsync();
                }
                await using EchoProcess second = Client(
                    port, "--first", "1000001", "--count", "100", "--sizes", "1048576");
                await second.ExpectAsync("connected");
                await second.ExpectAsync("ping ok");
                await second.ExpectAsync("verified 1048576");
                for (int i = 1; i <= 100; i++)
                    Assert.StartsWith(
                        $"counted {1000000 + i} ", await second.ReadLineAsync(), StringComparison.Ordinal);
                await second.ExpectAsync("done");
            }
            AssertOnce(journal, atLeast: 200);
        }
        finally
        {
            File.Delete(journal);
        }
    }

    static string Port() => EchoProcess.FreePort(IPAddress.Loopback).ToString(CultureInfo.InvariantCulture);

    static async Task<EchoProcess> ServeAsync(string port, string journal)
    {
        var server = new EchoProcess("serve", "--nid", "127.0.0.1@tcp", "--port", port, "--journal", journal);
        await server.ExpectAsync("ready");
        return server;
    }

    static EchoProcess Client(string port, params string[] more) =>
        new(["run", "--nid", "127.0.0.2@tcp", "--server", "127.0.0.1@tcp", "--port", port, .. more]);

    /// <summary>Every operation stands in the journal once.</summary>
    internal static void AssertOnce(string journal, int atLeast)
    {
        string[] operations = [.. File.ReadLines(journal).Where(l => l.StartsWith("executed", StringComparison.Ordinal))
            .Select(l => l[(l.LastIndexOf(' ') + 1)..])];
        Assert.True(operations.Length >= atLeast);
        Assert.Equal(operations.Length, operations.Distinct().Count());
    }
}
