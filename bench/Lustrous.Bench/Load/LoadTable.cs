namespace Lustrous.Bench.Load;

/// <summary>The README's table: RPCs and bulk between two processes over loopback TCP, and over lolnd.</summary>
static class LoadTable
{
    const int Mebi = 1 << 20;

    // What an OBD_PING and its reply are on the wire: socklnd and LNet headers, lustre_msg, ptlrpc_body.
    const int RpcBytes = 24 + 72 + 224;

    // What carries a bulk transfer beside its payload: a request with obdo, ioobj and niobuf.
    const int BrwBytes = 24 + 72 + 560;

    const int BulkDepth = 8;

    public static async Task<int> RunAsync(int rounds, TimeSpan duration, TextWriter output)
    {
        using var server = new ServerProcess("serve");
        await using EchoLoad tcp = await EchoLoad.ConnectAsync(server.Port);
        await using EchoLoad lo = await EchoLoad.ConnectAsync(port: null);
        foreach (EchoLoad load in new[] { tcp, lo })
        {
            await load.PingAsync(32, duration);
            await load.WriteAsync(Mebi, BulkDepth, duration / 2);
            await load.ReadAsync(Mebi, BulkDepth, duration / 2);
        }

        await output.WriteLineAsync("| | Lustrous | bare socket | ratio (range) | bytes allocated each |");
        await output.WriteLineAsync("|---|---|---|---|---|");
        foreach (Yardstick row in Rows(tcp, lo, duration))
            await row.PrintAsync(rounds, output);
        return 0;
    }

    static IEnumerable<Yardstick> Rows(EchoLoad tcp, EchoLoad lo, TimeSpan duration)
    {
        Func<double> ping = () => Bare(new(RpcBytes, RpcBytes, 1), 1, duration);
        Func<double> pings = () => Bare(new(RpcBytes, RpcBytes, 1), 32, duration);
        Func<double> batched = () => Bare(new(RpcBytes, RpcBytes, 32), 32, duration);
        Func<double> write = () => Bare(new(BrwBytes + Mebi, BrwBytes, 1, BulkDepth), BulkDepth, duration);
        Func<double> read = () => Bare(new(BrwBytes, BrwBytes + Mebi, 1, BulkDepth), BulkDepth, duration);
        const double GiB = Mebi / (double)(1 << 30);

        yield return Rpcs("OBD_PING, TCP, 1 at once", ping, () => tcp.PingAsync(1, duration));
        yield return Rpcs("OBD_PING, TCP, 32 at once", pings, () => tcp.PingAsync(32, duration));
        yield return Rpcs("the same; 32 bare messages a call", batched, () => tcp.PingAsync(32, duration));
        yield return Bulk("write 1 MiB, TCP, 8 at once", write, () => tcp.WriteAsync(Mebi, BulkDepth, duration));
        yield return Bulk("read 1 MiB, TCP, 8 at once", read, () => tcp.ReadAsync(Mebi, BulkDepth, duration));
        yield return Rpcs("OBD_PING, lolnd, 1 at once", ping, () => lo.PingAsync(1, duration));
        yield return Bulk("write 1 MiB, lolnd, 8 at once", write, () => lo.WriteAsync(Mebi, BulkDepth, duration));
        yield return Bulk("read 1 MiB, lolnd, 8 at once", read, () => lo.ReadAsync(Mebi, BulkDepth, duration));

        Yardstick Rpcs(string name, Func<double> bare, Func<Task<LoadResult>> ours) =>
            new(name, "k/s", 1e-3, bare, ours);
        Yardstick Bulk(string name, Func<double> bare, Func<Task<LoadResult>> ours) =>
            new(name, "GiB/s", GiB, bare, ours);
    }

    static double Bare(BareSocket socket, int depth, TimeSpan duration)
    {
        using var server = new ServerProcess(
            "bare", $"{socket.RequestBytes}", $"{socket.ReplyBytes}", $"{socket.MessagesPerCall}", $"{socket.Buffers}");
        return socket.Exchange(server.Port, depth, duration);
    }
}
