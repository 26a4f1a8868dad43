using System.Buffers.Binary;
using CsCheck;
using Lustrous.Idl.Llog;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Llog;

namespace Lustrous.Obdclass.Tests.Llog;

public sealed class LlogTests
{
    [Theory]
    [InlineData("lustre-client")]
    [InlineData("lustre-MDT0000")]
    [InlineData("lustre-OST0000")]
    public void A_kernel_log_written_again_record_by_record_is_the_same_bytes(string name)
    {
        byte[] original = Fixtures.ConfigLog(name);
        LlogHandle log = Fixtures.Open(original);
        var copyStorage = new MemoryLlogStorage();
        LlogHandle copy = LlogHandle.Create(copyStorage, log.User, log.UnixSeconds);

        Assert.Equal(Errno.OK, log.Process((in LlogRecord record) =>
        {
            Assert.Equal(record.Index, copy.Append(record.Type, record.Body, record.Id).Value);
            return Errno.OK;
        }));

        Assert.Equal(log.Count, copy.Count);
        Assert.Equal(original, copyStorage.Bytes);
    }

    [Fact]
    public void Records_come_back_in_order_and_none_straddles_a_chunk() =>
        Gen.Byte.Array[1, 3000].List[0, 60].Sample(bodies =>
        {
            var storage = new MemoryLlogStorage();
            LlogHandle log = LlogHandle.Create(storage, default, 1);
            var indexes = bodies.Select(body => log.Append(LlogRecordType.OBD_CFG_REC, body).Value).ToList();

            var found = new List<(uint Index, byte[] Body)>();
            if (bodies.Count > 0)
                log = LlogHandle.Open(storage).Value;
            Errno error = log.Process((in LlogRecord record) =>
            {
                found.Add((record.Index, record.Body.ToArray()));
                return Errno.OK;
            });
            Assert.Equal(Errno.OK, error);
            Assert.Equal(indexes, found.Select(record => record.Index));
            for (int i = 0; i < bodies.Count; i++)
                Assert.Equal(bodies[i], found[i].Body.AsSpan(0, bodies[i].Length));
            AssertNothingStraddles(storage.Bytes);
        }, iter: 200);

    [Fact]
    public void A_cancelled_record_is_gone_for_readers_and_stays_gone()
    {
        var storage = new MemoryLlogStorage();
        LlogHandle log = LlogHandle.Create(storage, default, 1);
        for (int i = 0; i < 3; i++)
            log.Append(LlogRecordType.OBD_CFG_REC, [1, 2, 3]);
        Assert.Equal(Errno.OK, log.Cancel(2));
        Assert.Equal(Errno.ENOENT, log.Cancel(2));
        Assert.Equal(Errno.ENOENT, log.Cancel(0));
        Assert.Equal(Errno.ENOENT, log.Cancel(log.MaxIndex + 1));

        log = LlogHandle.Open(storage).Value;
        Assert.Equal(2u, log.Count);
        Assert.Equal([1u, 3u], Indexes(log, 1));
        Assert.Equal([3u], Indexes(log, 2));
    }

    [Fact]
    public void A_record_fits_a_chunk_or_is_refused()
    {
        LlogHandle log = LlogHandle.Create(new MemoryLlogStorage(), default, 1);
        int largest = log.ChunkSize - LlogFormat.RecordSize(0);
        Assert.False(log.Append(LlogRecordType.OBD_CFG_REC, new byte[largest]).Failed);
        Assert.Equal(Errno.E2BIG, log.Append(LlogRecordType.OBD_CFG_REC, new byte[largest + 1]).Error);
    }

    [Fact]
    public void A_log_is_full_when_its_bitmap_is()
    {
        LlogHandle log = LlogHandle.Create(new MemoryLlogStorage(), default, 1);
        Result<uint> last = 0u;
        for (uint i = 0; i <= log.MaxIndex && !last.Failed; i++)
            last = log.Append(LlogRecordType.OBD_CFG_REC, new byte[24]);
        Assert.Equal(Errno.ENOSPC, last.Error);
        Assert.InRange(log.LastIndex, log.MaxIndex - 1, log.MaxIndex);
    }

    [Theory]
    [InlineData(0, 0x2001u)]        // header length that is no power of two: kernel clients would assert on it
    [InlineData(0, 0x1000u)]        // shorter than a chunk may be
    [InlineData(0, 0x4000_0000u)]   // longer than the log
    [InlineData(8, 0x10645538u)]    // not a header
    public void A_header_that_is_none_is_refused(int offset, uint value)
    {
        byte[] bytes = Fixtures.ConfigLog("lustre-client");
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
        Assert.Equal(Errno.EPROTO, LlogHandle.Open(new MemoryLlogStorage(bytes)).Error);
    }

    [Theory]
    [InlineData(0)]     // length
    [InlineData(8)]     // type
    [InlineData(220)]   // the tail's index
    public void A_damaged_record_ends_the_reading_where_it_is(int offset)
    {
        byte[] bytes = Fixtures.ConfigLog("lustre-client");
        int second = LlogConst.MIN_CHUNK_SIZE + 0xE0; // behind the first record, a marker of 224 bytes
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(second));
        int at = second + (offset == 220 ? length - 4 : offset);
        bytes[at] ^= 0xFF;
        bytes[at + 2] ^= 0xFF;
        var seen = new List<uint>();
        Errno error = Fixtures.Open(bytes).Process((in LlogRecord record) =>
        {
            seen.Add(record.Index);
            return Errno.OK;
        });
        Assert.Equal((Errno.EPROTO, "1"), (error, string.Join(' ', seen)));
    }

    [Theory]
    [InlineData(1)]     // no multiple of eight
    [InlineData(8)]     // less than a record from the chunk's end
    public void Nothing_is_written_behind_a_record_that_was_cut_off(int missing)
    {
        byte[] bytes = Fixtures.ConfigLog("lustre-client");
        Array.Resize(ref bytes, LlogConst.MIN_CHUNK_SIZE * 2 - missing);
        var storage = new MemoryLlogStorage(bytes);
        LlogHandle log = LlogHandle.Open(storage).Value;
        Assert.Equal(Errno.EPROTO, log.Append(LlogRecordType.OBD_CFG_REC, new byte[24]).Error);
    }

    [Fact]
    public void An_empty_or_cut_log_says_so()
    {
        Assert.Equal(Errno.ENODATA, LlogHandle.Open(new MemoryLlogStorage()).Error);
        Assert.Equal(Errno.EPROTO, LlogHandle.Open(new MemoryLlogStorage(new byte[100])).Error);
    }

    static List<uint> Indexes(LlogHandle log, uint start)
    {
        var indexes = new List<uint>();
        log.Process(
            (in LlogRecord record) =>
            {
                indexes.Add(record.Index);
                return Errno.OK;
            },
            start);
        return indexes;
    }

    static void AssertNothingStraddles(ReadOnlySpan<byte> log)
    {
        const int Chunk = LlogConst.MIN_CHUNK_SIZE;
        for (int offset = Chunk; offset < log.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(log[offset..]);
            Assert.Equal(offset / Chunk, (offset + length - 1) / Chunk);
            offset += length;
        }
    }
}
