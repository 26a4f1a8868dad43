using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Xunit;

namespace Lustrous.Osd.Tests.Conformance;

// Bodies: reading, writing, holes.
public abstract partial class DtConformance
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 4096)]
    [InlineData(0, 1 << 20)]
    [InlineData(1, 4096)]
    [InlineData(4095, 2)]
    [InlineData(65536 - 100, 200)]
    [InlineData(65536, 65536)]
    [InlineData((1 << 20) - 4096, 3 << 20)]
    [InlineData(123456789, 77777)]
    public async Task What_is_written_is_read_back(int offset, int length)
    {
        IDtObject file = NewFile();
        byte[] data = Pattern(length, 5);
        await WriteAsync(file, offset, data);
        Assert.Equal((ulong)(offset + length), AttributesOf(file).Size);
        Assert.Equal(data, await ReadAsync(file, offset, length));
        Assert.Equal(data, await ReadAsync(file, offset, length + 1000));
        byte[] copy = new byte[length];
        Assert.Equal(length, file.Read(offset, copy).Value);
        Assert.Equal(data, copy);
        if (offset > 0)
        {
            int before = Math.Min(offset, 5000);
            Assert.Equal(new byte[before], await ReadAsync(file, offset - before, before));
        }
        Assert.Empty(await ReadAsync(file, offset + length, 10));
    }

    [Fact]
    public async Task A_part_of_a_page_keeps_what_is_around_it()
    {
        IDtObject file = NewFile();
        byte[] model = Pattern(20000, 1);
        await WriteAsync(file, 0, model);
        (int, int)[] pieces = [(10, 20), (4090, 12), (8192, 100), (12287, 1), (0, 1), (19999, 1)];
        foreach ((int offset, int length) in pieces)
        {
            byte[] piece = Pattern(length, offset + 77);
            await WriteAsync(file, offset, piece);
            piece.CopyTo(model, offset);
            Assert.Equal(model, await ReadAsync(file, 0, 20000));
        }
    }

    [Fact]
    public void Records_are_written_and_read_by_copying()
    {
        IDtObject file = NewFile();
        byte[] model = new byte[10000];
        int at = 0;
        foreach (int length in new[] { 64, 8, 200, 3000, 5000, 1728 })
        {
            byte[] record = Pattern(length, at);
            int offset = at;
            Change(t => file.Write(t, offset, record), t => t.DeclareWrite(file, offset, length));
            record.CopyTo(model, at);
            at += length;
        }
        byte[] all = new byte[20000];
        Assert.Equal(10000, file.Read(0, all).Value);
        Assert.Equal(model, all[..10000]);
        Assert.Equal(100, file.Read(9900, all).Value);
        Assert.Equal(0, file.Read(10000, all).Value);
    }

    [Fact]
    public async Task Blocks_are_counted_where_something_was_written()
    {
        IDtObject file = NewFile();
        await WriteAsync(file, 1 << 30, [1]);
        Assert.Equal((1UL << 30) + 1, AttributesOf(file).Size);
        Assert.InRange(AttributesOf(file).Blocks, 1UL, 16UL);
        await WriteAsync(file, 0, new byte[1 << 20]);
        Assert.InRange(AttributesOf(file).Blocks, 2048UL + 1, 2048UL + 16);
    }

    [Fact]
    public async Task Truncating_forgets_what_was_beyond()
    {
        IDtObject file = NewFile();
        await WriteAsync(file, 0, Pattern(300000, 1));
        Change(t => file.Punch(t, 5000, DtRange.Eof));
        Assert.Equal(5000UL, AttributesOf(file).Size);
        Assert.Equal(Pattern(5000, 1), await ReadAsync(file, 0, 10000));
        Change(t => file.Punch(t, 9000, DtRange.Eof));
        byte[] extended = new byte[9000];
        Pattern(5000, 1).CopyTo(extended, 0);
        Assert.Equal(extended, await ReadAsync(file, 0, 10000));
        Change(t => file.SetAttributes(t, new DtAttributes { Valid = DtValid.Size, Size = 0 }));
        Assert.Equal((0UL, 0UL), (AttributesOf(file).Size, AttributesOf(file).Blocks));
    }

    [Fact]
    public async Task A_hole_reads_as_zeros_and_gives_room_back()
    {
        IDtObject file = NewFile();
        byte[] model = Pattern(200000, 3);
        await WriteAsync(file, 0, model);
        ulong before = AttributesOf(file).Blocks;
        Change(t => file.Punch(t, 5000, 150001));
        Array.Clear(model, 5000, 145001);
        Assert.Equal(model, await ReadAsync(file, 0, model.Length));
        Assert.Equal(200000UL, AttributesOf(file).Size);
        Assert.True(AttributesOf(file).Blocks < before - 250);
        // Within one page.
        Change(t => file.Punch(t, 160000, 160010));
        Array.Clear(model, 160000, 10);
        Assert.Equal(model, await ReadAsync(file, 0, model.Length));
    }

    [Fact]
    public async Task Fallocate_takes_room_and_keeps_what_is_there()
    {
        IDtObject file = NewFile();
        byte[] model = new byte[100000];
        Pattern(10000, 9).CopyTo(model, 0);
        await WriteAsync(file, 0, model[..10000]);
        Change(t => file.Fallocate(t, DtFallocateModes.KeepSize, 0, 50000), t => t.DeclareWrite(file, 0, 50000));
        Assert.Equal(10000UL, AttributesOf(file).Size);
        Assert.InRange(AttributesOf(file).Blocks, 50000UL / 512, 60000UL / 512);
        Change(t => file.Fallocate(t, DtFallocateModes.None, 0, 100000), t => t.DeclareWrite(file, 0, 100000));
        Assert.Equal(100000UL, AttributesOf(file).Size);
        Assert.Equal(model, await ReadAsync(file, 0, 100000));

        ulong blocks = AttributesOf(file).Blocks;
        Change(t => file.Fallocate(t, DtFallocateModes.ZeroRange, 100, 9000), t => t.DeclareWrite(file, 100, 8900));
        Array.Clear(model, 100, 8900);
        Assert.Equal(model, await ReadAsync(file, 0, 100000));
        Assert.Equal(blocks, AttributesOf(file).Blocks);
        Change(t => file.Fallocate(t, DtFallocateModes.PunchHole | DtFallocateModes.KeepSize, 0, 8192));
        Array.Clear(model, 0, 8192);
        Assert.Equal(model, await ReadAsync(file, 0, 100000));
        Assert.Equal(blocks - 16, AttributesOf(file).Blocks);
    }

    [Theory]
    [InlineData(DtFallocateModes.CollapseRange)]
    [InlineData(DtFallocateModes.InsertRange)]
    [InlineData(DtFallocateModes.PunchHole)]
    [InlineData((DtFallocateModes)0x40)]
    public void Other_modes_of_fallocate_are_refused(DtFallocateModes modes)
    {
        IDtObject file = NewFile();
        Refused(Errno.EOPNOTSUPP, t => file.Fallocate(t, modes, 0, 4096));
    }

    [Fact]
    public async Task Data_and_holes_are_found()
    {
        IDtObject file = NewFile();
        Assert.Equal(Errno.ENXIO, file.Seek(0, hole: false).Error);
        Assert.Equal(Errno.ENXIO, file.Seek(0, hole: true).Error);
        await WriteAsync(file, 1 << 20, Pattern(8192, 1));
        await WriteAsync(file, 5 << 20, Pattern(100, 1));
        Assert.Equal(1 << 20, file.Seek(0, hole: false).Value);
        Assert.Equal((1 << 20) + 5, file.Seek((1 << 20) + 5, hole: false).Value);
        Assert.Equal((1 << 20) + 8192, file.Seek(1 << 20, hole: true).Value);
        Assert.Equal(5 << 20, file.Seek((1 << 20) + 8192, hole: false).Value);
        Assert.Equal(0, file.Seek(0, hole: true).Value);
        Assert.Equal((5 << 20) + 100, file.Seek(5 << 20, hole: true).Value);
        Assert.Equal(Errno.ENXIO, file.Seek((5 << 20) + 100, hole: false).Error);
        Change(t => file.Punch(t, 6 << 20, DtRange.Eof));
        Assert.Equal(Errno.ENXIO, file.Seek(5 << 20 | 8192, hole: false).Error);
        Assert.Equal(5 << 20 | 8192, file.Seek(5 << 20 | 8192, hole: true).Value);
    }

    [Fact]
    public async Task Lent_pages_stay_as_they_are()
    {
        IDtObject file = NewFile();
        byte[] data = Pattern(300000, 1);
        await WriteAsync(file, 0, data);
        using DtBuffers lent = Device.NewBuffers();
        Assert.Equal(data.Length, (await file.GetReadBuffersAsync(lent, 0, data.Length)).Value);

        await WriteAsync(file, 0, new byte[300000]);
        Assert.Equal(data, Flatten(lent));
        await WriteAsync(file, 100, Pattern(50, 200));
        Change(t => file.Write(t, 70000, Pattern(20, 9)), t => t.DeclareWrite(file, 70000, 20));
        Change(t => file.Punch(t, 1000, 200000));
        Change(t => file.Punch(t, 150, DtRange.Eof));
        Assert.Equal(data, Flatten(lent));
        Change(t => file.Destroy(t));
        Assert.Equal(data, Flatten(lent));
    }

    [Fact]
    public async Task Small_parts_written_while_a_page_is_lent_do_not_show_in_it()
    {
        IDtObject file = NewFile();
        Change(t => file.Write(t, 0, Pattern(4096, 1)), t => t.DeclareWrite(file, 0, 4096));
        using DtBuffers lent = Device.NewBuffers();
        await file.GetReadBuffersAsync(lent, 0, 4096);
        Change(t => file.Write(t, 10, "changed"u8.ToArray()));
        Change(t => file.Punch(t, 2000, 3000));
        Change(t => file.Punch(t, 3500, DtRange.Eof));
        Assert.Equal(Pattern(4096, 1), Flatten(lent));
        byte[] now = Pattern(3500, 1);
        "changed"u8.CopyTo(now.AsSpan(10));
        Array.Clear(now, 2000, 1000);
        Assert.Equal(now, await ReadAsync(file, 0, 4096));
    }

    [Fact]
    public async Task Buffers_that_are_not_committed_change_nothing()
    {
        IDtObject file = NewFile();
        await WriteAsync(file, 0, Pattern(10000, 1));
        using (DtBuffers buffers = Device.NewBuffers())
        {
            Ok(await file.GetWriteBuffersAsync(buffers, 0, 200000));
            foreach (IoVec vector in buffers.Vectors)
                vector.Span.Fill(0xFF);
        }
        Assert.Equal(Pattern(10000, 1), await ReadAsync(file, 0, 20000));
    }

    [Fact]
    public async Task Several_ranges_are_committed_together()
    {
        IDtObject file = NewFile();
        using (DtBuffers buffers = Device.NewBuffers())
        {
            Ok(await file.GetWriteBuffersAsync(buffers, 100, 50));
            Ok(await file.GetWriteBuffersAsync(buffers, 1 << 20, 1 << 20));
            Ok(await file.GetWriteBuffersAsync(buffers, 8192, 4096));
            foreach (IoVec vector in buffers.Vectors)
                vector.Span.Fill(7);
            DtTransaction transaction = Device.Begin();
            Ok(transaction.DeclareWrite(file, buffers));
            Ok(transaction.Start());
            Ok(await file.CommitWriteAsync(transaction, buffers));
            transaction.Stop();
        }
        byte[] model = new byte[2 << 20];
        model.AsSpan(100, 50).Fill(7);
        model.AsSpan(8192, 4096).Fill(7);
        model.AsSpan(1 << 20, 1 << 20).Fill(7);
        Assert.Equal(model, await ReadAsync(file, 0, 3 << 20));
    }

    [Fact]
    public async Task Memory_goes_back_when_the_last_who_has_it_lets_go()
    {
        IDtObject file = NewFile();
        await WriteAsync(file, 0, Pattern(3 << 20, 1));
        await WriteAsync(file, 4 << 20, Pattern(10000, 1));
        DtBuffers lent = Device.NewBuffers();
        await file.GetReadBuffersAsync(lent, 0, 1 << 20);
        Change(t => file.Destroy(t));
        Assert.True(_world.Buffers.OutstandingBytes >= _baseline + (1 << 20));
        lent.Dispose();
        Assert.Equal(_baseline, _world.Buffers.OutstandingBytes);
    }

    [Fact]
    public void What_lies_outside_is_refused()
    {
        IDtObject file = NewFile();
        Assert.Equal(Errno.EINVAL, file.Read(-1, new byte[1]).Error);
        Refused(Errno.EINVAL, t => file.Write(t, -1, "x"u8));
        Refused(Errno.EFBIG, t => file.Write(t, long.MaxValue - 1, new byte[10]));
        Refused(Errno.EINVAL, t => file.Punch(t, 10, 5));
        Refused(Errno.EINVAL, t => file.Fallocate(t, DtFallocateModes.None, 10, 10));
        Assert.Equal(Errno.ENOENT, Device.Locate(NewFid()).Read(0, new byte[1]).Error);
    }
}
