using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Oss.Tests.Support;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Oss.Tests;

/// <summary>OST_READ and OST_WRITE.</summary>
public sealed class BrwTests
{
    const BrwFlags Async = BrwFlags.ASYNC;

    [Theory]
    [InlineData(1, true)]
    [InlineData(4096, true)]
    [InlineData(16384, true)]
    [InlineData(4096, false)]
    [InlineData(1 << 20, false)]
    [InlineData(4 << 20, false)]
    [InlineData(16 << 20, false)]
    public void What_was_written_is_read(int length, bool isShort) => OssWorld.Run(async world =>
    {
        byte[] data = Bytes(world, length);
        Obdo reply = (await world.Client.WriteAsync(OssWorld.First, data, isShort, Async, (0, length))).Value;
        Assert.Equal((ulong)length, reply.Size);
        Assert.True((reply.Valid & (MdtValid.FLSIZE | MdtValid.FLBLOCKS)) == (MdtValid.FLSIZE | MdtValid.FLBLOCKS));
        Assert.Equal((MdtValid)0, reply.Valid & (MdtValid.FLMTIME | MdtValid.FLATIME));

        (byte[] read, Obdo body) = (await world.Client.ReadAsync(OssWorld.First, isShort, 0, (0, length))).Value;
        Assert.Equal(data, read);
        Assert.Equal((MdtValid)0, body.Valid);
    });

    [Fact]
    public void A_read_ends_where_the_object_does() => OssWorld.Run(async world =>
    {
        byte[] data = Bytes(world, 10000);
        Assert.False((await world.Client.WriteAsync(OssWorld.First, data, false, Async, (0, 10000))).Failed);
        foreach (bool isShort in (bool[])[false, true])
        {
            Assert.Equal(data[8192..], await ReadAsync(world, isShort, (8192, 8192)));
            Assert.Empty(await ReadAsync(world, isShort, (16384, 4096)));
        }
    });

    [Fact]
    public void Several_ranges_travel_in_one_request() => OssWorld.Run(async world =>
    {
        byte[] data = Bytes(world, 4096 + 100 + 8192);
        (ulong, int)[] ranges = [(4096, 4096), (20000, 100), (1 << 20, 8192)];
        foreach (bool isShort in (bool[])[false, true])
        {
            Fid target = OssWorld.Object(isShort ? 1U : 2U);
            Assert.False((await world.Client.WriteAsync(target, data, isShort, Async, ranges)).Failed);
            Assert.Equal(data, (await world.Client.ReadAsync(target, isShort, 0, ranges)).Value.Data);
            byte[] before = (await world.Client.ReadAsync(target, isShort, 0, (0, 4096))).Value.Data;
            Assert.Equal(new byte[4096], before);
        }
    });

    [Fact]
    public void What_is_no_sound_request_is_refused() => OssWorld.Run(async world =>
    {
        OstClient client = world.Client;
        Fid missing = OssWorld.Object(999);
        Assert.Equal(Errno.ENOENT, (await client.ReadAsync(missing, true, 0, (0, 1))).Error);
        Assert.Equal(Errno.ENOENT, (await client.WriteAsync(missing, new byte[1], true, Async, (0, 1))).Error);
        Assert.Equal(Errno.EPROTO, (await client.ReadAsync(OssWorld.First, true, 0, (ulong.MaxValue - 5, 10))).Error);
        Assert.Equal(Errno.EPROTO, (await client.WriteAsync(OssWorld.First, new byte[5], true, Async, (0, 6))).Error);
        // The target's own files are no objects of clients.
        Fid[] own = [new(FidSeq.LOCAL_FILE, 11), new(FidSeq.ROOT, 1), new(0, 0)];
        foreach (Fid fid in own)
        {
            Assert.Equal(Errno.EPROTO, (await client.ReadAsync(fid, true, 0, (0, 1))).Error);
            Result<Obdo> destroyed = await client.CallAsync(RequestFormats.OstDestroy, new Obdo
            {
                ObjectId = new OstId(fid),
                Valid = MdtValid.FLID,
            });
            Assert.Equal(Errno.EPROTO, destroyed.Error);
        }
    });

    [Theory]
    [InlineData(ObdoFlags.CKSUM_ADLER, ChecksumAlgorithm.Adler32)]
    [InlineData(ObdoFlags.CKSUM_CRC32, ChecksumAlgorithm.Crc32)]
    [InlineData(ObdoFlags.CKSUM_CRC32C, ChecksumAlgorithm.Crc32C)]
    public void Both_ways_the_server_says_what_checksum_it_saw(ObdoFlags type, ChecksumAlgorithm algorithm) =>
        OssWorld.Run(async world =>
        {
            byte[] data = Bytes(world, 12345);
            uint expected = RunningChecksum.Compute(algorithm, data);
            foreach (bool isShort in (bool[])[false, true])
            {
                world.Client.Dress = body => body with
                {
                    Valid = body.Valid | MdtValid.FLCKSUM,
                    Flags = body.Flags | type,
                    Nlink = expected,
                };
                Obdo written = (await world.Client.WriteAsync(OssWorld.First, data, isShort, Async, (0, 12345))).Value;
                Obdo read = (await world.Client.ReadAsync(OssWorld.First, isShort, 0, (0, 12345))).Value.Reply;
                foreach (Obdo reply in (Obdo[])[written, read])
                {
                    Assert.Equal(expected, reply.Nlink);
                    Assert.Equal(type, reply.Flags & ObdoFlagsMasks.CKSUM_ALL);
                    Assert.True((reply.Valid & MdtValid.FLCKSUM) != 0);
                }
            }
        });

    [Fact]
    public void Data_that_changed_on_its_way_shows_in_the_checksum() => OssWorld.Run(async world =>
    {
        byte[] data = Bytes(world, 8192);
        uint expected = RunningChecksum.Compute(ChecksumAlgorithm.Crc32C, data);
        world.Client.Dress = body => body with
        {
            Valid = body.Valid | MdtValid.FLCKSUM,
            Flags = body.Flags | ObdoFlags.CKSUM_CRC32C,
            Nlink = expected,
        };
        FailPoints faults = world.Oss.Node.Context.FailPoints;
        faults.Set(0x21a, FailFlags.Once);      // OBD_FAIL_OST_CHECKSUM_RECEIVE
        Assert.NotEqual(expected,
            (await world.Client.WriteAsync(OssWorld.First, data, false, Async, (0, 8192))).Value.Nlink);
        Assert.Equal(expected,
            (await world.Client.WriteAsync(OssWorld.First, data, false, Async, (0, 8192))).Value.Nlink);
        faults.Set(0x21b, FailFlags.Once);      // OBD_FAIL_OST_CHECKSUM_SEND
        Assert.NotEqual(expected,
            (await world.Client.ReadAsync(OssWorld.First, false, 0, (0, 8192))).Value.Reply.Nlink);
        Assert.Equal(expected, (await world.Client.ReadAsync(OssWorld.First, false, 0, (0, 8192))).Value.Reply.Nlink);
    });

    [Fact]
    public void The_server_locks_for_a_client_without_a_lock() => OssWorld.Run(async world =>
    {
        byte[] data = Bytes(world, 100);
        BrwFlags flags = Async | BrwFlags.SRVLOCK;
        Assert.False((await world.Client.WriteAsync(OssWorld.First, data, true, flags, (50, 100))).Failed);
        Assert.Equal(data, (await world.Client.ReadAsync(OssWorld.First, false, flags, (50, 100))).Value.Data);
        Assert.Equal(0, world.Oss.Ofd.Namespace.GrantedCount);
    });

    [Fact]
    public void A_write_that_is_not_asynchronous_is_committed_when_it_is_answered() => OssWorld.Run(
        async world =>
        {
            ulong before = world.Oss.Storage.CommittedSequence;
            Assert.False((await world.Client.WriteAsync(OssWorld.First, new byte[1], true, Async, (0, 1))).Failed);
            Assert.Equal(before, world.Oss.Storage.CommittedSequence);
            Assert.False((await world.Client.WriteAsync(OssWorld.First, new byte[1], true, 0, (0, 1))).Failed);
            Assert.True(world.Oss.Storage.CommittedSequence >= before + 2);
        },
        new() { CommitDelay = TimeSpan.FromSeconds(5) });

    [Fact]
    public void Reads_and_writes_at_random_agree_with_a_plain_array() => OssWorld.Each(20, async world =>
    {
        var model = new byte[3 << 20];
        int size = 0;
        SeededRandom random = world.Sim.Random;
        for (int step = 0; step < 60; step++)
        {
            bool isShort = random.Next(2) == 0;
            (ulong Offset, int Length)[] ranges = Ranges(random, model.Length, isShort ? 16 << 10 : 1 << 20);
            int total = ranges.Sum(range => range.Length);
            if (random.Next(2) == 0)
            {
                byte[] data = Bytes(world, total);
                Assert.False((await world.Client.WriteAsync(OssWorld.First, data, isShort, Async, ranges)).Failed);
                int done = 0;
                foreach ((ulong offset, int length) in ranges)
                {
                    data.AsSpan(done, length).CopyTo(model.AsSpan((int)offset));
                    done += length;
                    size = Math.Max(size, (int)offset + length);
                }
                continue;
            }
            if (random.Next(5) == 0)
            {
                size = random.Next(model.Length);
                model.AsSpan(size).Clear();
                Assert.False((await PunchAsync(world, OssWorld.First, (ulong)size)).Failed);
            }
            byte[] expected = Expected(model, size, ranges);
            Assert.Equal(expected, (await world.Client.ReadAsync(OssWorld.First, isShort, 0, ranges)).Value.Data);
        }
    });

    internal static Task<Result<Obdo>> PunchAsync(OssWorld world, Fid target, ulong size) =>
        world.Client.CallAsync(RequestFormats.OstPunch, new Obdo
        {
            ObjectId = new OstId(target),
            Valid = MdtValid.FLID | MdtValid.FLGROUP | MdtValid.FLSIZE | MdtValid.FLBLOCKS,
            Size = size,
            Blocks = ulong.MaxValue,
        });

    static async Task<byte[]> ReadAsync(OssWorld world, bool isShort, params (ulong Offset, int Length)[] ranges) =>
        (await world.Client.ReadAsync(OssWorld.First, isShort, 0, ranges)).Value.Data;

    internal static byte[] Bytes(OssWorld world, int length)
    {
        var data = new byte[length];
        for (int i = 0; i < length; i += 61)
            data[i] = (byte)world.Sim.Random.Next(256);
        return data;
    }

    static (ulong Offset, int Length)[] Ranges(SeededRandom random, int end, int longest)
    {
        var ranges = new List<(ulong, int)>();
        int at = random.Next(end / 2);
        for (int i = 1 + random.Next(4); i > 0; i--)
        {
            int length = Math.Min(1 + random.Next(longest / 4), end - at);
            ranges.Add(((ulong)at, length));
            at += length + random.Next(10000);
            if (at >= end)
                break;
        }
        return [.. ranges];
    }

    static byte[] Expected(byte[] model, int size, (ulong Offset, int Length)[] ranges)
    {
        var expected = new List<byte>();
        foreach ((ulong offset, int length) in ranges)
        {
            int there = Math.Clamp(size - (int)offset, 0, length);
            expected.AddRange(model.AsSpan((int)offset, there));
            if (there < length)
                break;
        }
        return [.. expected];
    }
}
