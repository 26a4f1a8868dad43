using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Interop.Tests.Replay;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;
using Lustrous.Simulation.Tests.Cluster;
using Lustrous.Utils.Decode;
using Lustrous.Utils.Hosting;

namespace Lustrous.Interop.Tests;

/// <summary>
/// Our client does what the recorded kernel client did, at servers that answer as the recorded ones did: of each kind
/// of request the first of ours is held against the first of theirs, in what tells a server what is wanted.
/// </summary>
public sealed class ClientRequestTests(ITestOutputHelper output)
{
    static readonly uint[] s_portals =
    [
        Portals.MGS_REQUEST_PORTAL, Portals.MDS_REQUEST_PORTAL, Portals.MDS_READPAGE_PORTAL,
        Portals.OST_REQUEST_PORTAL, Portals.OST_IO_PORTAL, Portals.LDLM_CANCEL_REQUEST_PORTAL,
        Portals.SEQ_METADATA_PORTAL, Portals.OST_CREATE_PORTAL,
    ];

    static readonly string s_differences = Places.Fixture("interop", "client-differences.tsv");

    [Fact]
    public void Our_requests_are_those_of_a_kernel_client()
    {
        Assert.SkipWhen(Places.Shared is null, Places.NoRecordings);
        var book = new DifferenceBook(
            VolatileRule.Read(Places.Fixture("interop", "client-volatile.tsv")), KnownDifference.Read(s_differences));
        Dictionary<string, Exchange> theirs = [];
        foreach (string name in (string[])["a-mount", "b-basic", "c-meta"])
        {
            foreach (RecordedMessage message in Recording.Load(name, Places.Recording(name)!).Messages)
            {
                if (message.Kind == MessageKind.Request)
                    theirs.TryAdd(message.Name, new Exchange(message));
            }
        }
        Dictionary<string, List<Field>> ours = Capture();
        foreach ((string name, List<Field> own) in ours.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!theirs.TryGetValue(name, out Exchange? exchange))
                continue;
            book.Compared++;
            List<Field> kernel = exchange.ReadRequest();
            new FieldComparison(book, new Rewriter(), name, name, kernel, kernel, own).Run();
        }
        output.WriteLine($"{book.Compared} kinds of request compared:");
        output.WriteLine(string.Join(' ', ours.Keys.Where(theirs.ContainsKey)));
        if (Environment.GetEnvironmentVariable("LUSTROUS_INTEROP_REPORT") is { } report)
            File.WriteAllLines(report + ".client", book.Unexplained.Concat(Stale(book)));
        Assert.Empty(book.Unexplained);
        Assert.Empty(Stale(book));
        Assert.True(book.Compared >= 15, $"only {book.Compared} kinds of request were compared");
    }

    [Fact]
    public void The_manual_has_the_same_reasons() =>
        Assert.Equal(
            KnownDifference.Read(s_differences).Select(row => $"| `{row.Id}` | {row.Reason} |").Distinct(),
            File.ReadLines(Path.Combine(Places.Root, "docs", "interop.md"))
                .SkipWhile(line => line != "## Differences of our client from kernel clients, and why").Skip(1)
                .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal)));

    static IEnumerable<string> Stale(DifferenceBook book) =>
        book.Known.Where(row => row.Count == 0).Select(row => $"explains nothing: {row}")
            .Concat(book.Volatiles.Where(rule => !rule.WasUsed).Select(rule => $"is never met: {rule}"));

    /// <summary>The first request of each kind that a mount sends in a little life.</summary>
    static Dictionary<string, List<Field>> Capture()
    {
        Dictionary<string, List<Field>> first = [];
        Simulation.Simulation.Run(1, async sim =>
        {
            ReplayCluster cluster = await ReplayCluster.StartAsync(sim);
            SimNode node = await sim.AddNodeAsync(Nid.Parse("10.99.0.21@tcp").Value);
            sim.Network.Alter = (from, _, header, payload) =>
            {
                if (from == node.Nid && header.Type == LNetMessageType.Put && s_portals.Contains(header.Portal))
                    Keep(first, payload);
                return payload;
            };
            await sim.Delay(TimeSpan.FromSeconds(20));
            await LiveAsync(node);
            await cluster.StopAsync();
        });
        return first;
    }

    static void Keep(Dictionary<string, List<Field>> first, byte[] payload)
    {
        byte[] copy = [.. payload];
        if (LustreMessage.Parse(copy, out LustreMessage message) != Errno.OK)
            return;
        RequestFormat? format = FormatSelector.OfRequest(message);
        uint opcode = System.Runtime.InteropServices.MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0)).Opcode;
        var part = MessagePart.Decode("message", message, format, MessageSide.Request, opcode, 0);
        Idl.Ldlm.LockType type = part.TryFind(out Idl.Ldlm.LdlmRequest enqueue) ? enqueue.Desc.Resource.Type : 0;
        first.TryAdd(
            OpcodeNames.OfRequest(message, opcode, type), FieldReader.Read(part, format, MessageSide.Request));
    }

    /// <summary>What the recordings do too: directories and files made, written, read, listed, changed,
    /// removed.</summary>
    static Task LiveAsync(SimNode node) => node.RunAsync(async () =>
    {
        var lustre = new LustreNode(node.LNet);
        Assert.Equal(Errno.OK, lustre.Start());
        Result<ClientMount> mounted = await ClientMount.MountAsync(
            lustre,
            new ClientMountOptions
            {
                FsName = ReplayCluster.FsName,
                Mgs = [new LNetProcessId(ReplayCluster.Mds, LNetProcessId.LustrePid)],
            },
            default);
        Assert.Equal(Errno.OK, mounted.Error);
        var posix = new PosixClient(mounted.Value.Llite);
        Assert.Equal(Errno.OK, await posix.MkdirAsync("d1", 0x1ED));
        Assert.Equal(Errno.OK, await posix.CreateAsync("d1/f", 0x1A4));
        Assert.Equal(Errno.OK, await posix.WriteAsync("d1/f", 0, new byte[1 << 20], sync: true));
        Assert.Equal(1 << 20, (await posix.ReadAsync("d1/f", 0, 1 << 20)).Value.Length);
        Assert.Equal(2, (await posix.ListAsync("d1")).Value.Length + 1);
        Assert.Equal(Errno.OK, (await posix.StatAsync("d1/f")).Error);
        Assert.Equal(Errno.OK, await posix.TruncateAsync("d1/f", 100));
        Assert.Equal(Errno.OK, await posix.LinkAsync("d1/f", "d1/g"));
        Assert.Equal(Errno.OK, await posix.RenameAsync("d1/g", "d1/h"));
        Assert.Equal(Errno.OK, await posix.UnlinkAsync("d1/f"));
        await mounted.Value.DisposeAsync();
        await lustre.DisposeAsync();
    });
}
