using System.Runtime.InteropServices;
using static Lustrous.EndToEnd.Tests.Posix.Sys;

namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>Bytes: appended, mapped, past the caches, in holes, at the far end.</summary>
[Collection("posix")]
public sealed class DataChecks(PosixPlaces places)
{
    const int Page = 4096;

    public static TheoryData<Place> Places => PosixPlaces.All;

    [Theory, MemberData(nameof(Places))]
    public async Task Appends_of_both_halves_are_whole_and_all_there(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/log", []);
        await Task.WhenAll(Append(here, (byte)'h'), Append(there, (byte)'t'));

        byte[] log = Get($"{here}/log");
        Assert.Equal(log, Get($"{there}/log"));
        Assert.Equal(2 * 150 * 61, log.Length);
        for (int at = 0; at < log.Length; at += 61)
            Assert.Equal(-1, log.AsSpan(at, 61).IndexOfAnyExcept(log[at]));
        Assert.Equal(150 * 61, log.Count(b => b == 'h'));

        static Task Append(string folder, byte letter) => Task.Run(() =>
        {
            byte[] record = [.. Enumerable.Repeat(letter, 61)];
            int fd = MustOpen($"{folder}/log", O_WRONLY | O_APPEND);
            for (int i = 0; i < 150; i++)
                Assert.Equal(61, Sys.Append(fd, record));
            Assert.Equal(0, Close(fd));
        });
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Direct_and_buffered_transfers_see_each_other(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        byte[] bytes = new byte[8 * Page];
        new Random(1).NextBytes(bytes);
        using var memory = new AlignedMemory(8 * Page);
        int direct = MustOpen($"{here}/f", O_RDWR | O_CREAT | O_DIRECT);
        int buffered = MustOpen($"{there}/f", O_RDWR);
        bytes.CopyTo(memory.Bytes);

        Assert.Equal(8 * Page, Write(direct, memory.Bytes, 0));
        byte[] read = new byte[8 * Page];
        Assert.Equal(8 * Page, Read(buffered, read, 0));
        Assert.Equal(bytes, read);
        // What lies in the caches of one half is not what the disk has: the other half gets it all the same.
        for (int i = 0; i < 8; i++)
        {
            bytes[i * Page + 17] ^= 0x55;
            Assert.Equal(100, Write(buffered, bytes.AsSpan(i * Page, 100), i * Page));
            Assert.Equal(Page, Read(direct, memory.Bytes[..Page], i * Page));
            Assert.Equal(bytes.AsSpan(i * Page, Page), memory.Bytes[..Page]);
            memory.Bytes[..Page].Fill((byte)i);
            Assert.Equal(Page, Write(direct, memory.Bytes[..Page], i * Page));
            Assert.Equal(Page, Read(buffered, read.AsSpan(0, Page), i * Page));
            Assert.Equal(-1, read.AsSpan(0, Page).IndexOfAnyExcept((byte)i));
        }
        Close(direct);
        Close(buffered);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Synchronous_writes_and_all_ways_to_sync_work(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        foreach (int flags in (int[])[O_SYNC, O_DSYNC])
        {
            int fd = MustOpen($"{here}/f", O_RDWR | O_CREAT | flags);
            Assert.Equal(5, Write(fd, "synch"u8, 3));
            Assert.Equal("\0\0\0synch"u8, Get($"{there}/f"));
            Close(fd);
        }
        int other = MustOpen($"{there}/f", O_RDWR);
        Assert.Equal(1, Write(other, "x"u8, 0));
        Assert.Equal((0, 0, 0), (SyncData(other), Sync(other), SyncFileSystem(other)));
        Assert.Equal("x\0\0synch"u8, Get($"{here}/f"));
        int directory = MustOpen(here, O_RDONLY | O_DIRECTORY);
        Assert.Equal((0, 0), (Sync(directory), SyncData(directory)));
        Close(directory);
        Close(other);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Shared_mappings_are_one(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/f", new byte[4 * Page]);
        int one = MustOpen($"{here}/f", O_RDWR), two = MustOpen($"{there}/f", O_RDWR);
        using (Mapping mine = Map(one, 4 * Page, PROT_READ | PROT_WRITE, MAP_SHARED),
            theirs = Map(two, 4 * Page, PROT_READ | PROT_WRITE, MAP_SHARED))
        {
            Span<byte> read = new byte[1];
            for (int i = 0; i < 60; i++)
            {
                int at = i * 331 % (4 * Page);
                mine.Bytes[at] = (byte)(i + 1);
                if (i % 3 == 0)
                    mine.Sync();
                Assert.Equal(i + 1, theirs.Bytes[at]);
                theirs.Bytes[at] = (byte)(i + 101);
                Assert.Equal(i + 101, mine.Bytes[at]);
                // read(2) and write(2) see mappings, and the other way round.
                Assert.Equal(1, Read(two, read, at));
                Assert.Equal(i + 101, read[0]);
                read[0] = (byte)(i + 51);
                Assert.Equal(1, Write(one, read, at));
                Assert.Equal(i + 51, theirs.Bytes[at]);
            }
        }
        // A private mapping keeps its changes to itself.
        using (Mapping hidden = Map(one, Page, PROT_READ | PROT_WRITE, MAP_PRIVATE))
        {
            hidden.Bytes[9] = 0xEE;
            hidden.Sync();
            Assert.NotEqual(0xEE, Get($"{there}/f")[9]);
        }
        Close(one);
        Close(two);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_mapping_keeps_its_file_after_the_last_close_and_unlink(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/f", new byte[Page]);
        int fd = MustOpen($"{here}/f", O_RDWR);
        using Mapping map = Map(fd, Page, PROT_READ | PROT_WRITE, MAP_SHARED);
        Close(fd);
        map.Bytes[5] = 7;
        Assert.Equal(7, Get($"{there}/f")[5]);
        Assert.Equal(0, Unlink($"{there}/f"));
        map.Bytes[6] = 8;
        map.Sync();
        Assert.Equal((7, 8), (map.Bytes[5], map.Bytes[6]));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task What_is_cut_off_is_zero_when_it_comes_back(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/f", [.. Enumerable.Repeat((byte)0xAA, 3 * Page)]);
        int one = MustOpen($"{here}/f", O_RDWR), two = MustOpen($"{there}/f", O_RDWR);
        byte[] read = new byte[3 * Page];
        Assert.Equal(3 * Page, Read(one, read, 0));

        Assert.Equal(0, Truncate(two, 100));
        Assert.Equal(100, Status($"{here}/f").Size);
        Assert.Equal(100, Read(one, read, 0));
        Assert.Equal(0, Truncate(one, 2 * Page));
        Assert.Equal(2 * Page, Read(two, read, 0));
        Assert.Equal(-1, read.AsSpan(0, 100).IndexOfAnyExcept((byte)0xAA));
        Assert.Equal(-1, read.AsSpan(100, 2 * Page - 100).IndexOfAnyExcept((byte)0));
        Assert.Equal(1, Write(two, "x"u8, 3 * Page - 1));
        Assert.Equal(Page, Read(one, read, 2 * Page));
        Assert.Equal(-1, read.AsSpan(0, Page - 1).IndexOfAnyExcept((byte)0));
        Assert.Equal((byte)'x', read[Page - 1]);
        Assert.Equal(-EINVAL, Truncate(one, -1));
        Assert.Equal(-EISDIR, Open(here, O_RDWR));
        Close(one);
        Close(two);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Room_is_reserved_punched_and_zeroed_and_the_rest_refused(Place place)
    {
        (string here, string there, bool isLustre) = await places.FolderAsync(place);
        int fd = MustOpen($"{here}/f", O_RDWR | O_CREAT);
        const int Size = 64 * Page;
        Assert.Equal(0, Allocate(fd, 0, 0, Size));
        Assert.Equal(Size, Status($"{there}/f").Size);
        Assert.Equal(0, Allocate(fd, FALLOC_KEEP_SIZE, Size, Size));
        Assert.Equal(Size, Status($"{there}/f").Size);
        Assert.Equal(-1, Get($"{there}/f").AsSpan().IndexOfAnyExcept((byte)0));
        byte[] full = [.. Enumerable.Repeat((byte)1, Size)];
        Assert.Equal(Size, Write(fd, full, 0));
        Assert.Equal(full, Get($"{there}/f"));

        Assert.Equal(0, Allocate(fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, 8 * Page + 10, 16 * Page));
        full.AsSpan(8 * Page + 10, 16 * Page).Clear();
        Assert.Equal(full, Get($"{there}/f"));
        Assert.Equal(-EOPNOTSUPP, Allocate(fd, FALLOC_PUNCH_HOLE, 0, Page));
        Assert.Equal(0, Allocate(fd, FALLOC_ZERO_RANGE | FALLOC_KEEP_SIZE, 30 * Page + 7, 2 * Page));
        full.AsSpan(30 * Page + 7, 2 * Page).Clear();
        Assert.Equal(full, Get($"{there}/f"));
        Assert.Equal(0, Allocate(fd, FALLOC_ZERO_RANGE, Size - Page, 3 * Page));
        Assert.Equal(Size + 2 * Page, Status($"{there}/f").Size);
        foreach (int mode in (int[])[FALLOC_COLLAPSE_RANGE, FALLOC_INSERT_RANGE])
            Assert.Equal(isLustre ? -EOPNOTSUPP : 0, Allocate(fd, mode, 0, 4 * Page));
        Assert.Equal(-EINVAL, Allocate(fd, 0, 0, 0));
        Assert.Equal(-EINVAL, Allocate(fd, 0, -1, 10));
        Close(fd);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Holes_and_data_are_found(Place place)
    {
        (string here, string there, bool isLustre) = await places.FolderAsync(place);
        int one = MustOpen($"{here}/f", O_RDWR | O_CREAT), two = MustOpen($"{there}/f", O_RDONLY);
        const long Mib = 1 << 20;
        byte[] data = new byte[64 * 1024];
        Array.Fill(data, (byte)3);
        foreach (long at in (long[])[Mib, 3 * Mib])
            Assert.Equal(data.Length, Write(one, data, at));
        Assert.Equal(0, Truncate(one, 5 * Mib));

        Assert.Equal((Mib, 0L), (Seek(two, 0, SEEK_DATA), Seek(two, 0, SEEK_HOLE)));
        Assert.Equal((Mib + 5, Mib + data.Length), (Seek(two, Mib + 5, SEEK_DATA), Seek(two, Mib + 5, SEEK_HOLE)));
        Assert.Equal(3 * Mib, Seek(two, Mib + data.Length, SEEK_DATA));
        Assert.Equal(3 * Mib + data.Length, Seek(two, 3 * Mib, SEEK_HOLE));
        Assert.Equal(-ENXIO, Seek(two, 4 * Mib, SEEK_DATA));
        Assert.Equal(4 * Mib, Seek(two, 4 * Mib, SEEK_HOLE));
        Assert.Equal((-ENXIO, -ENXIO), (Seek(two, 5 * Mib, SEEK_HOLE), Seek(two, 6 * Mib, SEEK_DATA)));
        Assert.Equal(5 * Mib, Seek(two, 0, SEEK_END));
        Assert.InRange(Status($"{there}/f").Blocks, 2 * data.Length / 512, 4 * data.Length / 512);
        // FUSE passes no FIEMAP on.
        Assert.Equal(isLustre ? -EOPNOTSUPP : 0, Fiemap(two, out int extents));
        Assert.Equal(isLustre ? 0 : 2, extents);
        Close(one);
        Close(two);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Ranges_are_copied(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        byte[] bytes = new byte[300_000];
        new Random(2).NextBytes(bytes);
        Put($"{here}/from", bytes);
        int from = MustOpen($"{here}/from", O_RDONLY), to = MustOpen($"{here}/to", O_RDWR | O_CREAT);
        for (int done = 0; done < 200_000;)
        {
            int copied = CopyRange(from, 1000 + done, to, 77 + done, 200_000 - done);
            Assert.True(copied > 0, $"errno {-copied}");
            done += copied;
        }
        byte[] copy = Get($"{there}/to");
        Assert.Equal(200_077, copy.Length);
        Assert.Equal(bytes.AsSpan(1000, 200_000), copy.AsSpan(77));
        Assert.Equal(0, CopyRange(from, 300_000, to, 0, 10));
        Close(from);
        Close(to);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Files_reach_16_tebibytes(Place place)
    {
        (string here, string there, bool isLustre) = await places.FolderAsync(place);
        // The largest that ext4 has.
        const long Size = (1L << 44) - Page;
        int one = MustOpen($"{here}/f", O_RDWR | O_CREAT), two = MustOpen($"{there}/f", O_RDWR);
        Assert.Equal(0, Truncate(one, Size - 3));
        Assert.Equal(Size - 3, Status($"{there}/f").Size);
        Assert.Equal(3, Write(two, "end"u8, Size - 3));
        byte[] read = new byte[Page];
        Assert.Equal(10, Read(one, read.AsSpan(0, 20), Size - 10));
        Assert.Equal("\0\0\0\0\0\0\0end"u8, read.AsSpan(0, 10));
        Assert.Equal(Page, Read(one, read, Size / 2));
        Assert.Equal(-1, read.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.InRange(Seek(one, 0, SEEK_DATA), Size - 2 * Page, Size - 1);
        Assert.InRange(Status($"{there}/f").Blocks, 1, 1024);
        Assert.Contains(Write(one, "x"u8, long.MaxValue), (int[])[-EFBIG, -EINVAL]);
        if (isLustre)
            Assert.Equal(0, Truncate(two, Size + Page));
        Assert.Equal(0, Truncate(two, 0));
        Assert.Equal(0, Status($"{here}/f").Size);
        Close(one);
        Close(two);
    }

    /// <summary>Memory on a page boundary.</summary>
    sealed unsafe class AlignedMemory(int length) : IDisposable
    {
        readonly void* _start = NativeMemory.AlignedAlloc((nuint)length, Page);

        public Span<byte> Bytes => new(_start, length);

        public void Dispose() => NativeMemory.AlignedFree(_start);
    }
}
