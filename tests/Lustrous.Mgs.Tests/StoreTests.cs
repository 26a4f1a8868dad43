using Lustrous.Idl.Mgs;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Osd.Mem;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mgs.Tests;

/// <summary>An MGS whose logs are in its target knows after a restart what it knew before.</summary>
public sealed class StoreTests
{
    readonly NodeContext _context = new(
        TimeProvider.System, new SeededRandom(1), new NoWork(), new BufferPool(), NullLogSink.Instance);

    [Fact]
    public async Task The_next_life_knows_targets_logs_and_where_everybody_is()
    {
        await using var device = new MemDevice(_context);
        IReadOnlyList<string> names;
        byte[] log, table;
        await using (MgsTarget first = await StartAsync(device))
        {
            await RegisterAsync(first, "MDT0000", "10.0.0.1@tcp");
            await RegisterAsync(first, "OST0001", "10.0.0.2@tcp");
            await RegisterAsync(first, "OST0002", "10.0.0.2@tcp");
            MgsTargetInfo ready = MgsWorld.Target("OST0001", "10.0.0.2@tcp", MgsTargetOperations.Ready);
            ready.Instance = 7;
            Assert.False((await first.RegisterAsync(ready, default)).Failed);
            names = first.LogNames;
            (log, table) = Read(device);
        }
        Assert.NotEmpty(table);

        await using MgsTarget second = await StartAsync(device);
        Assert.Equal(names, second.LogNames);
        Assert.Equal(["lustre"], second.FileSystems);
        // Who is known may come back, and nobody else gets his number.
        Assert.Equal(Errno.OK, (await second.RegisterAsync(
            MgsWorld.Target("OST0001", "10.0.0.2@tcp", flags: 0), default)).Error);
        Assert.Equal(Errno.EADDRINUSE, (await second.RegisterAsync(
            MgsWorld.Target("OST0001", "10.0.0.9@tcp"), default)).Error);
        // One that never served may say so once more.
        await RegisterAsync(second, "OST0002", "10.0.0.2@tcp");
        Assert.Equal(Errno.EADDRINUSE, (await second.RegisterAsync(
            MgsWorld.Target("OST0002", "10.0.0.9@tcp"), default)).Error);
        (byte[] logAfter, byte[] tableAfter) = Read(device);
        Assert.Equal(log, logAfter);
        Assert.Equal(table, tableAfter);
    }

    [Fact]
    public void A_table_of_NIDs_is_what_it_was_or_refused()
    {
        var table = new NidTable();
        table.Update(isMdt: true, 0, 3, [Idl.LNet.Nid.Parse("10.0.0.1@tcp").Value]);
        table.Update(isMdt: false, 5, 4, [
            Idl.LNet.Nid.Parse("10.0.0.2@tcp").Value, Idl.LNet.Nid.Parse("10.0.1.2@tcp1").Value]);
        byte[] saved = table.Save();
        var loaded = new NidTable();
        Assert.True(loaded.TryLoad(saved));
        Assert.Equal(saved, loaded.Save());
        Assert.Equal(table.Version, loaded.Version);
        for (int length = 0; length < saved.Length; length++)
        {
            var other = new NidTable();
            // Only between two rows is a shorter one whole.
            if (!other.TryLoad(saved.AsSpan(0, length)))
                Assert.Equal(new NidTable().Save(), other.Save());
        }
        Assert.False(new NidTable().TryLoad(saved.AsSpan(0, saved.Length - 1)));
    }

    async Task<MgsTarget> StartAsync(MemDevice device)
    {
        Result<DtConfigStore> store = DtConfigStore.Open(device);
        Assert.Equal(Errno.OK, store.Error);
        var mgs = new MgsTarget(
            new PtlrpcNode(new LNetNode(_context)), new ExportTable(_context), new MgsOptions { Store = store.Value });
        Assert.Equal(Errno.OK, await mgs.StartAsync(default));
        return mgs;
    }

    static async Task RegisterAsync(MgsTarget mgs, string name, string nid) =>
        Assert.False((await mgs.RegisterAsync(MgsWorld.Target(name, nid), default)).Failed);

    static (byte[] Log, byte[] Table) Read(MemDevice device)
    {
        DtConfigStore store = DtConfigStore.Open(device).Value;
        Obdclass.Llog.ILlogStorage log = store.Find("lustre-client")!;
        byte[] bytes = new byte[log.SizeBytes];
        Assert.Equal(Errno.OK, log.Read(0, bytes));
        return (bytes, store.LoadTable("lustre") ?? []);
    }

    sealed class NoWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) => Lassert.Lbug("nothing is posted here");
    }
}
