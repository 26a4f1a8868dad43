namespace Lustrous.Bench.Load;

/// <summary>The README's table: RPCs and bulk between two processes over loopback TCP, and over lolnd.</summary>
static class LoadTable
{
    const int Mebi = 1 << 20;

    // What an OBD_PING and its reply are on the wire: socklnd and LNet headers, lustre_msg, ptlrpc_body.
    const int RpcBytes = 24 + 72 + 224;

    // What carries a bulk transfer beside its payload, request and reply together: a request with obdo, ioobj and niobuf.
    const int BrwBytes = 24 + 72 + 560;

    const int BulkDepth = 8;

    public static async Task<int> RunAsync(int rounds, TimeSpan duration, TextWriter output)
    {
        using var server = new ServerProcess("serve");
        await using EchoLoad tcp = await EchoLoad.ConnectAsync(server.Port);
        await using EchoLoad lo = await EchoLoad.ConnectAsync(port: null);
        TimeSpan warmUp = duration / 2;
        foreach (EchoLoad load in new[] { tcp, lo })
        {
            await load.PingAsync(32, warmUp);
            await load.WriteAsync(Mebi, BulkDepth, warmUp);
            await load.ReadAsync(Mebi, BulkDepth, warmUp);
        }

        await output.WriteLineAsync("| | Lustrous | bare socket | ratio (range) | bytes allocated per operation |");
        await output.WriteLineAsync("|---|---|---|---|---|");
        foreach (Yardstick row in Rows(tcp, lo, duration))
            await row.PrintAsync(rounds, output);
        return 0;
    }

    static IEnumerable<Yardstick> Rows(EchoLoad tcp, EchoLoad lo, TimeSpan duration)
    {
        double Ping(int depth) => Bare(RpcBytes, RpcBytes, depth, duration);
        double Write() => Bare(BrwBytes + Mebi, BrwBytes, BulkDepth, duration);
        double Read() => Bare(BrwBytes, BrwBytes + Mebi, BulkDepth, duration);
        const double Thousands = 1e-3, GiB = Mebi / (double)(1 << 30);

        yield return new("OBD_PING, TCP, 1 at once", "k/s", Thousands, () => Ping(1), () => tcp.PingAsync(1, duration));
        yield return new("OBD_PING, TCP, 32 at once", "k/s", Thousands, () => Ping(32), () => tcp.PingAsync(32, duration));
        yield return new("write 1 MiB, TCP, 8 at once", "GiB/s", GiB, Write, () => tcp.WriteAsync(Mebi, 8, duration));
        yield return new("read 1 MiB, TCP, 8 at once", "GiB/s", GiB, Read, () => tcp.ReadAsync(Mebi, 8, duration));
        yield return new("OBD_PING, lolnd, 1 at once", "k/s", Thousands, () => Ping(1), () => lo.PingAsync(1, duration));
        yield return new("write 1 MiB, lolnd, 8 at once", "GiB/s", GiB, Write, () => lo.WriteAsync(Mebi, 8, duration));
        yield return new("read 1 MiB, lolnd, 8 at once", "GiB/s", GiB, Read, () => lo.ReadAsync(Mebi, 8, duration));
    }

    static double Bare(int requestBytes, int replyBytes, int depth, TimeSpan duration)
    {
        using var server = new ServerProcess("bare", $"{requestBytes}", $"{replyBytes}");
        return BareSocket.Exchange(server.Port, requestBytes, replyBytes, depth, duration);
    }
}
