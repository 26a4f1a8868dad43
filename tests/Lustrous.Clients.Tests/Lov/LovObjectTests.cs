using Lustrous.Clients.Lov;
using Lustrous.Clients.Tests.Osc;
using Lustrous.Libcfs;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

/// <summary>Files over real OSTs on a simulated network.</summary>
public sealed class LovObjectTests
{
    static void Run(
        int osts, int clients, Func<OstCluster, Task> body, ClientOptions? options = null, ulong seed = 1,
        long capacity = 1L << 30) =>
        Simulation.Simulation.Run(seed, async sim =>
        {
            OstCluster cluster = await OstCluster.StartAsync(sim, osts, clients, options, capacity);
            await body(cluster);
            await cluster.StopAsync();
        });

    static byte[] Pattern(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)((i * 31) + (i >> 8) + seed);
        return bytes;
    }

    [Fact]
    public void What_is_written_is_read_again_here_and_on_another_client() => Run(2, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        TestFile here = cluster.Clients[0].Open(layout), there = cluster.Clients[1].Open(layout);
        byte[] data = Pattern(300_000);
        Assert.Equal(data.Length, (await here.WriteAsync(1234, data)).Value);
        Assert.Equal(data, (await here.ReadAsync(1234, data.Length)).Value);
        Assert.Equal(0, cluster.Clients[0].WriteRpcs);
        Assert.Equal(data, (await there.ReadAsync(1234, data.Length)).Value);
        Assert.True(cluster.Clients[0].WriteRpcs > 0);
        Assert.Equal(new byte[1234], (await there.ReadAsync(0, 1234)).Value);
    });

    [Fact]
    public void A_read_ends_where_the_file_ends() => Run(2, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        TestFile here = cluster.Clients[0].Open(layout), there = cluster.Clients[1].Open(layout);
        Assert.Empty((await there.ReadAsync(0, 100)).Value);
        await here.WriteAsync(100_000, Pattern(10));
        Assert.Equal(10, (await there.ReadAsync(100_000, 4096)).Value.Length);
        Assert.Empty((await there.ReadAsync(100_010, 4096)).Value);
        Assert.Equal(100_010UL, (await there.StatAsync()).Value.Size);
        Assert.Equal(100_010UL, (await here.StatAsync()).Value.Size);
    });

    [Fact]
    public void Small_unaligned_writes_become_large_RPCs() => Run(1, 1, async cluster =>
    {
        // The case of fuse-trials.md: 47,008 bytes at a time.
        TestFile file = cluster.Clients[0].Open(cluster.NewFile(1));
        byte[] all = Pattern(47_008 * 357);
        for (int i = 0; i < 357; i++)
            await file.WriteAsync((ulong)(i * 47_008), all[(i * 47_008)..((i + 1) * 47_008)]);
        Assert.Equal(Errno.OK, await file.FlushAsync());
        // 16,781,856 bytes: four of 4 MiB and one of the rest.
        Assert.InRange(cluster.Clients[0].WriteRpcs, 5, 5);
        Assert.Equal(0, cluster.Clients[0].ReadRpcs);
        Assert.Equal(all[5_000_000..6_000_000], (await file.ReadAsync(5_000_000, 1_000_000)).Value);
    });

    [Fact]
    public void Small_writes_at_random_are_merged_too() => Run(1, 1, async cluster =>
    {
        TestFile file = cluster.Clients[0].Open(cluster.NewFile(1));
        var random = new SeededRandom(5);
        byte[] model = new byte[8 << 20];
        await file.WriteAsync((8 << 20) - 1, [0]);
        for (int i = 0; i < 500; i++)
        {
            int at = random.Next(model.Length - 5000), length = 1 + random.Next(5000);
            byte[] data = Pattern(length, i);
            data.CopyTo(model, at);
            Assert.Equal(length, (await file.WriteAsync((ulong)at, data)).Value);
        }
        await file.FlushAsync();
        Assert.InRange(cluster.Clients[0].WriteRpcs, 1, 12);
        Assert.Equal(model, (await file.ReadAsync(0, model.Length)).Value);
    });

    [Fact]
    public void The_first_piece_of_a_long_write_need_not_end_with_a_page() => Run(1, 2, async cluster =>
    {
        // As the kernel takes a mebibyte from memory that begins 16 bytes into a page.
        const int First = (1 << 20) - 16, Second = 16;
        LovLayout layout = cluster.NewFile(1);
        TestFile old = cluster.Clients[1].Open(layout), file = cluster.Clients[0].Open(layout);
        byte[] model = Pattern(8 << 20, 1);
        await old.WriteAsync(0, model);
        byte[] all = Pattern(8 << 20, 2);
        for (int at = 0; at < all.Length; at += 1 << 20)
        {
            await file.WriteAsync((ulong)at, all[at..(at + First)]);
            await file.WriteAsync((ulong)(at + First), all[(at + First)..(at + First + Second)]);
        }
        Assert.Equal(Errno.OK, await file.FlushAsync());
        Assert.InRange(cluster.Clients[0].WriteRpcs, 2, 3);     // the first before the grant has grown
        Assert.Equal(0, cluster.Clients[0].ReadRpcs);
        Assert.Equal(all, (await old.ReadAsync(0, all.Length)).Value);
    });

    [Fact]
    public void A_page_written_in_part_is_whole_for_whoever_reads_cuts_or_syncs() => Run(1, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1);
        TestFile other = cluster.Clients[1].Open(layout), file = cluster.Clients[0].Open(layout);
        var random = new SeededRandom(7);
        byte[] model = Pattern(2 << 20, 0);
        await other.WriteAsync(0, model);
        for (int i = 1; i < 150; i++)
        {
            int at = random.Next(model.Length - 300_000), length = 60_000 + random.Next(240_000);
            byte[] data = Pattern(length, i);
            data.CopyTo(model, at);
            Assert.Equal(length, (await file.WriteAsync((ulong)at, data)).Value);
            int end = Math.Min(at + length, model.Length);
            switch (random.Next(6))
            {
                case 0:
                    Assert.Equal(model[(end - 6000)..end], (await file.ReadAsync((ulong)(end - 6000), 6000)).Value);
                    break;
                case 1:
                    Assert.Equal(
                        model[(end - 6000)..end],
                        (await file.ReadAsync((ulong)(end - 6000), 6000, LovIoFlags.Direct)).Value);
                    break;
                case 2:
                    Assert.Equal(model, (await other.ReadAsync(0, model.Length)).Value);
                    break;
                case 3:
                    Assert.Equal(Errno.OK, await file.FlushAsync());
                    break;
                case 4:
                    int cut = end - 1 - random.Next(8000);
                    Assert.Equal(Errno.OK, await file.TruncateAsync((ulong)cut));
                    Assert.Equal(Errno.OK, await file.TruncateAsync((ulong)model.Length));
                    model.AsSpan(cut).Clear();
                    break;
            }
        }
        Assert.Equal(model, (await file.ReadAsync(0, model.Length)).Value);
        Assert.Equal(model, (await other.ReadAsync(0, model.Length)).Value);
        Assert.Equal(0, cluster.Clients[0].Oscs[0].DirtyBytes);
    });

    [Fact]
    public void A_full_RPC_goes_by_itself_the_rest_when_it_is_old() => Run(1, 1, async cluster =>
    {
        TestClient client = cluster.Clients[0];
        TestFile file = client.Open(cluster.NewFile(1));
        await file.WriteAsync(0, Pattern(4 << 20));
        await file.WriteAsync(4 << 20, Pattern(100));
        await client.Node.Host.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(1, client.WriteRpcs);
        Assert.Equal(4096, client.Oscs[0].DirtyBytes);
        await client.Node.Host.Delay(TimeSpan.FromSeconds(10));
        Assert.Equal(2, client.WriteRpcs);
        Assert.Equal(0, client.Oscs[0].DirtyBytes);
    });

    [Fact]
    public void Truncate_cuts_here_and_there() => Run(2, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        TestFile here = cluster.Clients[0].Open(layout), there = cluster.Clients[1].Open(layout);
        byte[] data = Pattern(500_000);
        await here.WriteAsync(0, data);
        Assert.Equal(Errno.OK, await there.TruncateAsync(70_001));
        Assert.Equal(70_001UL, (await here.StatAsync()).Value.Size);
        Assert.Equal(data[..70_001], (await here.ReadAsync(0, 500_000)).Value);
        Assert.Equal(Errno.OK, await here.TruncateAsync(200_000));
        byte[] expected = new byte[200_000];
        data.AsSpan(0, 70_001).CopyTo(expected);
        Assert.Equal(expected, (await here.ReadAsync(0, 500_000)).Value);
        Assert.Equal(expected, (await there.ReadAsync(0, 500_000)).Value);
        Assert.Equal(200_000UL, (await there.StatAsync()).Value.Size);
    });

    [Fact]
    public void Appends_of_two_clients_do_not_overwrite_each_other() => Run(2, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        TestFile[] files = [cluster.Clients[0].Open(layout), cluster.Clients[1].Open(layout)];
        var calls = new List<Task<Result<ulong>>>();
        for (int i = 0; i < 20; i++)
            calls.Add(files[i % 2].AppendAsync(Pattern(10_000, i)));
        var offsets = new List<ulong>();
        foreach (Task<Result<ulong>> call in calls)
            offsets.Add((await call).Value);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (ulong)(i * 10_000)), offsets.Order());
        for (int i = 0; i < 20; i++)
            Assert.Equal(Pattern(10_000, i), (await files[1].ReadAsync(offsets[i], 10_000)).Value);
    });

    [Fact]
    public void Direct_reads_and_writes_go_around_the_cache_and_see_it() => Run(2, 1, async cluster =>
    {
        TestClient client = cluster.Clients[0];
        TestFile file = client.Open(cluster.NewFile(1));
        byte[] data = Pattern(3 << 20);
        await file.WriteAsync(0, data);
        byte[] patch = Pattern(1_500_001, 9);
        Assert.Equal(patch.Length, (await file.WriteAsync(500_000, patch, LovIoFlags.Direct)).Value);
        patch.CopyTo(data, 500_000);
        Assert.Equal(data, (await file.ReadAsync(0, data.Length)).Value);
        Assert.Equal(data, (await file.ReadAsync(0, data.Length, LovIoFlags.Direct)).Value);
        Assert.Equal(data[777..2_000_777], (await file.ReadAsync(777, 2_000_000, LovIoFlags.Direct)).Value);
    });

    [Fact]
    public void Reading_ahead_saves_RPCs_and_nothing_is_read_twice() => Run(1, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1);
        byte[] data = Pattern(8 << 20);
        TestFile writer = cluster.Clients[0].Open(layout);
        await writer.WriteAsync(0, data);
        TestClient client = cluster.Clients[1];
        TestFile file = client.Open(layout);
        await file.ReadAsync(0, 1);
        long before = client.ReadRpcs;
        client.Node.Host.Call(() => file.Object.Prefetch(0, 8 << 20));
        for (int i = 0; i < 128; i++)
            Assert.Equal(data[(i << 16)..((i + 1) << 16)], (await file.ReadAsync((ulong)i << 16, 1 << 16)).Value);
        Assert.InRange(client.ReadRpcs - before, 2, 3);
    });

    [Fact]
    public void Those_who_read_the_same_at_once_share_an_RPC() => Run(1, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1);
        byte[] data = Pattern(1 << 20);
        await cluster.Clients[0].Open(layout).WriteAsync(0, data);
        TestClient client = cluster.Clients[1];
        TestFile file = client.Open(layout);
        await file.ReadAsync(0, 1);
        long before = client.ReadRpcs;
        Task<Result<byte[]>>[] calls = [.. Enumerable.Range(0, 8).Select(_ => file.ReadAsync(65536, 900_000))];
        foreach (Task<Result<byte[]>> call in calls)
            Assert.Equal(data[65536..965536], (await call).Value);
        Assert.InRange(client.ReadRpcs - before, 1, 2);
    });

    [Fact]
    public void Dirty_data_is_bounded_and_so_is_the_cache()
    {
        var options = new ClientOptions { MaxDirtyBytes = 2 << 20, CacheBytes = 4 << 20, MaxRpcBytes = 1 << 20 };
        Run(1, 1, async cluster =>
        {
            TestClient client = cluster.Clients[0];
            TestFile file = client.Open(cluster.NewFile(1));
            byte[] data = Pattern(1 << 20);
            for (int i = 0; i < 32; i++)
            {
                await file.WriteAsync((ulong)i << 20, data);
                Assert.InRange(client.Oscs[0].DirtyBytes, 0, 2 << 20);
                Assert.InRange(client.Oscs[0].Cache.UsedBytes, 0, 7 << 20);
            }
            for (int i = 0; i < 32; i++)
                Assert.Equal(data, (await file.ReadAsync((ulong)i << 20, 1 << 20)).Value);
            Assert.InRange(client.Oscs[0].Cache.UsedBytes, 0, 6 << 20);
        }, options);
    }

    [Fact]
    public void A_full_OST_says_so_and_loses_nothing_that_was_taken() => Run(1, 1, async cluster =>
    {
        TestClient client = cluster.Clients[0];
        TestFile file = client.Open(cluster.NewFile(1));
        byte[] data = Pattern(1 << 20);
        int written = 0;
        Errno error = Errno.OK;
        while (error == Errno.OK && written < 64)
        {
            Result<int> result = await file.WriteAsync((ulong)written << 20, data);
            error = result.Error;
            if (!result.Failed && result.Value == data.Length)
                written++;
            else if (!result.Failed)
                error = Errno.ENOSPC;
        }
        Assert.Equal(Errno.ENOSPC, error);
        Assert.Equal(Errno.OK, await file.FlushAsync(commit: true));
        Assert.InRange(written, 8, 32);
        for (int i = 0; i < written; i++)
            Assert.Equal(data, (await file.ReadAsync((ulong)i << 20, 1 << 20)).Value);
    }, capacity: 32 << 20);

    [Fact]
    public void The_kernel_is_told_before_a_lock_goes_and_may_write_back_under_it() => Run(1, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1);
        TestFile here = cluster.Clients[0].Open(layout), there = cluster.Clients[1].Open(layout);
        await here.WriteAsync(0, Pattern(8192));
        byte[] late = Pattern(4096, 77);
        here.OnInvalidate = async (_, _) =>
        {
            here.OnInvalidate = null;
            await here.WriteAsync(4096, late, LovIoFlags.WriteBack);
        };
        Assert.Equal(late, (await there.ReadAsync(4096, 4096)).Value);
        Assert.Equal((0UL, ulong.MaxValue), Assert.Single(here.Invalidated));
    });

    [Fact]
    public void Holes_and_data_are_found_over_the_stripes() => Run(2, 1, async cluster =>
    {
        TestFile file = cluster.Clients[0].Open(cluster.NewFile(1, stripeSize: 64 << 10));
        await file.WriteAsync(0, Pattern(4096));
        await file.WriteAsync(300_000, Pattern(100_000));
        Assert.Equal(0UL, (await file.SeekAsync(0, SeekWhence.Data)).Value);
        Assert.Equal(4096UL, (await file.SeekAsync(0, SeekWhence.Hole)).Value);
        Assert.Equal(300_000UL & ~4095UL, (await file.SeekAsync(5000, SeekWhence.Data)).Value);
        Assert.Equal(400_000UL, (await file.SeekAsync(350_000, SeekWhence.Hole)).Value);
        Assert.Equal(Errno.ENXIO, (await file.SeekAsync(400_000, SeekWhence.Data)).Error);
    });

    [Fact]
    public void A_punched_hole_reads_as_zeros_everywhere() => Run(2, 2, async cluster =>
    {
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        TestFile here = cluster.Clients[0].Open(layout), there = cluster.Clients[1].Open(layout);
        byte[] data = Pattern(400_000);
        await here.WriteAsync(0, data);
        Assert.Equal(Errno.OK, await there.FallocateAsync(
            FallocateMode.PunchHole | FallocateMode.KeepSize, 65_000, 140_000));
        data.AsSpan(65_000, 140_000).Clear();
        Assert.Equal(data, (await here.ReadAsync(0, 400_000)).Value);
        Assert.Equal(data, (await there.ReadAsync(0, 400_000)).Value);
    });

    [Fact]
    public void A_stripe_without_its_OST_fails_and_the_others_work() => Run(2, 1, async cluster =>
    {
        TestClient client = cluster.Clients[0];
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        Assert.Equal(Errno.OK, client.Lov.RemoveTarget(1));
        TestFile file = client.Open(layout);
        Assert.Equal(4096, (await file.WriteAsync(0, Pattern(4096))).Value);
        Assert.Equal(Errno.EIO, (await file.WriteAsync(64 << 10, Pattern(4096))).Error);
        Assert.Equal(Errno.EIO, (await file.StatAsync()).Error);
        Assert.Equal(Errno.ENOENT, client.Lov.RemoveTarget(1));
    });

    [Fact]
    public void Statfs_adds_the_OSTs_up() => Run(3, 1, async cluster =>
    {
        TestClient client = cluster.Clients[0];
        Result<Idl.Ost.ObdStatfs> one = await client.RunAsync(
            () => client.Oscs[0].StatfsAsync(TimeSpan.Zero, default));
        Result<Idl.Ost.ObdStatfs> all = await client.RunAsync(() => client.Lov.StatfsAsync(default));
        Assert.Equal(3 * one.Value.Blocks, all.Value.Blocks);
    });
}
