using Lustrous.Clients.Lov;
using Lustrous.Clients.Tests.Osc;
using Lustrous.Libcfs;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

/// <summary>Clients that write, read, cut and extend one file at random: each sees what was done last, by
/// whomever.</summary>
public sealed class CoherenceTests
{
    const int MaxSize = 700_000;

    /// <summary>One operation at a time, by a random client: every read must equal the model.</summary>
    [Fact]
    public void One_after_the_other_every_client_sees_the_last_write() => Seeds.Simulate(40, async sim =>
    {
        SeededRandom random = sim.Random;
        OstCluster cluster = await OstCluster.StartAsync(
            sim, 1 + random.Next(3), 2 + random.Next(2), Options(random));
        LovLayout layout = cluster.NewFile(1, stripeSize: 64u << (10 + random.Next(3)));
        TestFile[] files = [.. cluster.Clients.Select(client => client.Open(layout))];
        var model = new Model();
        for (int i = 0; i < 60; i++)
            await StepAsync(random, files[random.Next(files.Length)], model, i);
        foreach (TestFile file in files)
            await CheckAsync(file, model);
        await cluster.StopAsync();
    });

    /// <summary>Each client has ranges of its own that share pages and stripes with the others': nobody's bytes are
    /// lost or torn.</summary>
    [Fact]
    public void At_once_nobody_overwrites_the_neighbour() => Seeds.Simulate(30, async sim =>
    {
        SeededRandom random = sim.Random;
        int clients = 2 + random.Next(2);
        OstCluster cluster = await OstCluster.StartAsync(sim, 1 + random.Next(3), clients, Options(random));
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        byte[] model = new byte[MaxSize];
        var writers = new List<Task>();
        int unit = 1000 + random.Next(9000);
        for (int c = 0; c < clients; c++)
            writers.Add(WriteOwnAsync(cluster.Clients[c].Open(layout), random.Fork(), c, clients, unit, model));
        foreach (Task writer in writers)
            await writer;
        int end = Array.FindLastIndex(model, b => b != 0) + 1;
        foreach (TestClient client in cluster.Clients)
        {
            byte[] found = (await client.Files[0].ReadAsync(0, MaxSize)).Value;
            Assert.Equal(model[..end], found[..end]);
        }
        await cluster.StopAsync();
    });

    /// <summary>A write that spans stripes is seen whole or not at all.</summary>
    [Fact]
    public void A_write_over_stripes_is_atomic_to_other_clients() => Seeds.Simulate(20, async sim =>
    {
        OstCluster cluster = await OstCluster.StartAsync(sim, 3, 3);
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        TestFile[] files = [.. cluster.Clients.Select(client => client.Open(layout))];
        const int size = 200_000;
        await files[0].WriteAsync(0, new byte[size]);
        Task[] writers = [WriteAllAsync(files[0], 1), WriteAllAsync(files[1], 100)];
        for (int i = 0; i < 10; i++)
        {
            byte[] seen = (await files[2].ReadAsync(0, size)).Value;
            Assert.Equal(size, seen.Length);
            Assert.True(seen.AsSpan().IndexOfAnyExcept(seen[0]) < 0, "a write was seen in part");
        }
        foreach (Task writer in writers)
            await writer;
        await cluster.StopAsync();

        async Task WriteAllAsync(TestFile file, byte first)
        {
            for (int i = 0; i < 8; i++)
                Assert.Equal(size, (await file.WriteAsync(0, Filled((byte)(first + i)))).Value);
        }

        static byte[] Filled(byte value)
        {
            byte[] bytes = new byte[size];
            bytes.AsSpan().Fill(value);
            return bytes;
        }
    });

    static ClientOptions Options(SeededRandom random) => new()
    {
        MaxDirtyBytes = 256L << (10 + random.Next(6)),
        CacheBytes = 256L << (10 + random.Next(6)),
        MaxRpcBytes = 256 << (10 + random.Next(4)),
        MaxRpcsInFlight = 1 + random.Next(8),
        WriteBackAge = TimeSpan.FromMilliseconds(1 + random.Next(2000)),
    };

    static async Task StepAsync(SeededRandom random, TestFile file, Model model, int step)
    {
        int at = random.Next(MaxSize - 1), length = 1 + random.Next(Math.Min(MaxSize - at, 1 << random.Next(18)));
        LovIoFlags flags = random.Next(6) == 0 ? LovIoFlags.Direct : random.Next(8) == 0 ? LovIoFlags.Sync : 0;
        switch (random.Next(12))
        {
            case < 4:
                byte[] data = new byte[length];
                Fill(random, data);
                Assert.Equal<Result<int>>(length, await file.WriteAsync((ulong)at, data, flags));
                model.Write(at, data);
                break;
            case < 8:
                Result<byte[]> read = await file.ReadAsync((ulong)at, length, flags & LovIoFlags.Direct);
                Assert.Equal(Errno.OK, read.Error);
                Assert.Equal(model.Read(at, length), read.Value);
                break;
            case 8:
                Assert.Equal(Errno.OK, await file.TruncateAsync((ulong)at));
                model.Truncate(at);
                break;
            case 9:
                byte[] tail = new byte[Math.Min(length, MaxSize - model.Size)];
                Fill(random, tail);
                if (tail.Length == 0)
                    break;
                Assert.Equal<Result<ulong>>((ulong)model.Size, await file.AppendAsync(tail));
                model.Write(model.Size, tail);
                break;
            case 10:
                Assert.Equal((ulong)model.Size, (await file.StatAsync()).Value.Size);
                break;
            default:
                Assert.Equal(Errno.OK, await file.FlushAsync(commit: step % 2 == 0));
                break;
        }
    }

    static async Task CheckAsync(TestFile file, Model model)
    {
        Assert.Equal((ulong)model.Size, (await file.StatAsync()).Value.Size);
        Assert.Equal(model.Read(0, MaxSize), (await file.ReadAsync(0, MaxSize)).Value);
    }

    static async Task WriteOwnAsync(
        TestFile file, SeededRandom random, int own, int clients, int unit, byte[] model)
    {
        for (int i = 0; i < 25; i++)
        {
            int number = (random.Next(MaxSize / unit / clients) * clients) + own;
            int at = number * unit;
            if (random.Next(3) == 0)
            {
                Result<byte[]> read = await file.ReadAsync((ulong)at, unit);
                byte[] expected = model[at..(at + unit)];
                Assert.Equal(expected[..read.Value.Length], read.Value);
                Assert.True(expected.AsSpan(read.Value.Length).IndexOfAnyExcept((byte)0) < 0);
                continue;
            }
            byte[] data = new byte[unit];
            Fill(random, data);
            Assert.Equal(unit, (await file.WriteAsync((ulong)at, data)).Value);
            data.CopyTo(model, at);
        }
    }

    static void Fill(SeededRandom random, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(1 + random.Next(255));
    }

    sealed class Model
    {
        readonly byte[] _bytes = new byte[MaxSize];

        public int Size { get; private set; }

        public void Write(int at, byte[] data)
        {
            data.CopyTo(_bytes, at);
            Size = Math.Max(Size, at + data.Length);
        }

        public byte[] Read(int at, int length) =>
            at >= Size ? [] : _bytes[at..Math.Min(Size, at + length)];

        public void Truncate(int size)
        {
            if (size < Size)
                _bytes.AsSpan(size).Clear();
            Size = size;
        }
    }
}
