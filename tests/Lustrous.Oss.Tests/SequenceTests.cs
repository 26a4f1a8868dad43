using Lustrous.Clients.Fids;
using Lustrous.Clients.Fld;
using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Fids;
using Lustrous.Oss.Tests.Support;
using Lustrous.Ptlrpc;
using Lustrous.Simulation;
using Lustrous.Target.Fids;
using Lustrous.Target.Fld;

namespace Lustrous.Oss.Tests;

/// <summary>FID sequences and where they are: SEQ_QUERY and FLD_QUERY.</summary>
public sealed class SequenceTests
{
    [Fact]
    public void A_client_makes_FIDs_out_of_sequences_of_its_own() => Run(async (sim, mdt, connect) =>
    {
        Lwp first = await connect("lustre-OST0000");
        Lwp second = await connect("lustre-OST0001");
        var clients = new SeqClient[]
        {
            new(new SeqImportSource(first.Import), width: 3), new(new SeqImportSource(second.Import), width: 3),
        };
        var seen = new HashSet<Fid>();
        for (int i = 0; i < 20; i++)
        {
            Fid fid = (await clients[i % 2].AllocateFidAsync(default)).Value;
            Assert.True(seen.Add(fid), $"{fid} twice");
            Assert.InRange(fid.ObjectId, 1U, 3U);
            Assert.True(fid.IsNormal);
        }
        Assert.Equal(0x200000400UL, seen.Min(static fid => fid.Sequence));
        Assert.Equal(8, seen.Select(static fid => fid.Sequence).Distinct().Count());
    });

    [Fact]
    public void Many_who_ask_at_once_get_different_FIDs_of_few_sequences() => Run(async (sim, mdt, connect) =>
    {
        Lwp lwp = await connect("lustre-OST0000");
        var client = new SeqClient(new SeqImportSource(lwp.Import), width: 100);
        Task<Result<Fid>>[] asked =
            [.. Enumerable.Range(0, 250).Select(_ => client.AllocateFidAsync(default).AsTask())];
        Result<Fid>[] fids = await Task.WhenAll(asked);
        Assert.Equal(250, fids.Select(static fid => fid.Value).Distinct().Count());
        Assert.Equal(3, fids.Select(static fid => fid.Value.Sequence).Distinct().Count());
    });

    [Fact]
    public void A_flushed_client_begins_a_new_sequence() => Run(async (sim, mdt, connect) =>
    {
        Lwp lwp = await connect("lustre-OST0000");
        var client = new SeqClient(new SeqImportSource(lwp.Import));
        ulong before = (await client.AllocateFidAsync(default)).Value.Sequence;
        client.Flush();
        Assert.NotEqual(before, (await client.AllocateFidAsync(default)).Value.Sequence);
    });

    [Fact]
    public void Super_sequences_are_large_and_the_FLD_knows_whose_they_are() => Run(async (sim, mdt, connect) =>
    {
        Lwp lwp = await connect("lustre-OST0003");
        var asker = new LuSeqRange { Index = 3, Flags = (uint)SeqRangeType.OST };
        LuSeqRange range = (await lwp.AllocateAsync(SeqOperation.AllocSuper, asker, default)).Value;
        Assert.Equal((1UL << 30, 3U, (uint)SeqRangeType.OST), (range.Width, range.Index, range.Flags));

        var fld = new FldClient();
        Assert.Equal(Errno.ENODEV, (await fld.LookupAsync(range.Start, SeqRangeType.OST, default)).Error);
        fld.AddTarget(0, lwp.Import);
        Assert.Equal(range, (await fld.LookupAsync(range.Start + 5, SeqRangeType.OST, default)).Value);
        // The second answer comes from memory, whatever is asked.
        Assert.Equal(3U, (await fld.LookupMdtAsync(range.Start + 6, default)).Value);
        fld.Invalidate(range.Start);
        Assert.Equal(Errno.EIO, (await fld.LookupMdtAsync(range.Start + 6, default)).Error);
        Assert.Equal(Errno.ENOENT, (await fld.LookupMdtAsync(ulong.MaxValue - 9, default)).Error);
    });

    [Fact]
    public void A_server_goes_on_after_a_restart_where_nothing_was_given_out() => Run(async (sim, mdt, connect) =>
    {
        ulong given = (await mdt.Sequences.AllocateAsync(SeqOperation.AllocMeta, default, default)).Value.Start;
        var next = SeqServer.Create(new SeqServerOptions
        {
            Name = "next",
            Store = new SequenceStore(mdt.Storage, Obdclass.Storage.DtLocalFid.SeqServer),
        });
        ulong after = (await next.AllocateAsync(SeqOperation.AllocMeta, default, default)).Value.Start;
        Assert.Equal(given + SequenceConst.BatchWidth, after);
    });

    [Fact]
    public void An_FLD_joins_what_adjoins_and_refuses_what_overlaps()
    {
        var fld = new FldServer();
        Assert.Equal(Errno.OK, fld.Insert(Range(100, 200, 1)));
        Assert.Equal(Errno.OK, fld.Insert(Range(300, 400, 1)));
        Assert.Equal(Errno.OK, fld.Insert(Range(200, 250, 2)));
        Assert.Equal(Errno.EEXIST, fld.Insert(Range(240, 260, 3)));
        Assert.Equal(Errno.OK, fld.Insert(Range(250, 300, 1)));
        Assert.Equal([Range(100, 200, 1), Range(200, 250, 2), Range(250, 400, 1)], fld.List());
        Assert.Equal(Errno.EINVAL, fld.Insert(Range(5, 5, 1)));
        Assert.Equal(2U, fld.Lookup(249).Value.Index);
        Assert.Equal(Errno.ENOENT, fld.Lookup(400).Error);
    }

    [Fact]
    public void An_FLD_knows_after_a_restart_what_was_given_out() => Run(async (sim, mdt, connect) =>
    {
        var fld = new FldServer(mdt.Storage);
        Assert.Equal(Errno.OK, await fld.AddAsync(Range(0x200000400, 0x240000400, 0), default));
        Assert.Equal(Errno.OK, await fld.AddAsync(Range(0x280000400, 0x2C0000400, 3), default));
        Assert.Equal(Errno.OK, await fld.AddAsync(Range(0x240000400, 0x280000400, 0), default));
        Assert.Equal(Errno.EEXIST, await fld.AddAsync(Range(0x240000400, 0x240000401, 9), default));
        Assert.Equal(fld.List(), new FldServer(mdt.Storage).List());
        Assert.Equal(2, fld.List().Length);
    });

    // A kernel client asks where the root's sequence is before it asks for the path of the root.
    [Fact]
    public void The_special_sequences_are_MDT0s()
    {
        var fld = new FldServer();
        fld.InsertSpecial();
        Assert.Equal(Range(FidSeq.ROOT, FidSeq.ROOT + 1, 0), fld.Lookup(FidSeq.ROOT).Value);
        Assert.Equal(Range(FidSeq.DOT_LUSTRE, FidSeq.DOT_LUSTRE + 1, 0), fld.Lookup(FidSeq.DOT_LUSTRE).Value);
        Assert.Equal(Range(FidSeq.IGIF, FidSeq.IGIF_MAX + 1, 0), fld.Lookup(FidSeq.IGIF_MAX).Value);
        Assert.Equal(Errno.ENOENT, fld.Lookup(FidSeq.LOCAL_FILE).Error);
        Assert.Equal(Errno.OK, fld.Insert(Range(FidSeq.NORMAL, FidSeq.NORMAL + 100, 0)));
    }

    static LuSeqRange Range(ulong start, ulong end, uint index) => new() { Start = start, End = end, Index = index };

    static void Run(Func<Simulation.Simulation, MdtServer, Func<string, Task<Lwp>>, Task> body) =>
        Simulation.Simulation.Run(11, async sim =>
        {
            SimNode[] nodes = await sim.AddNodesAsync(2);
            MdtServer mdt = MdtServer.Start(nodes[0]);
            var ptlrpc = new PtlrpcNode(nodes[1].LNet, OstServer.Timeouts);
            var opened = new List<Lwp>();
            await body(sim, mdt, async name =>
            {
                var lwp = new Lwp(ptlrpc, name, "lustre-MDT0000", [mdt.Node.Nid]);
                opened.Add(lwp);
                Assert.Equal(Errno.OK, await lwp.Import.ConnectAsync(default));
                return lwp;
            });
            foreach (Lwp lwp in opened)
                await lwp.DisposeAsync();
            ptlrpc.Dispose();
            await mdt.StopAsync();
        });
}
