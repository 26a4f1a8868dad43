using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>MDS_READPAGE as a kernel's client reads it.</summary>
public sealed class ReaddirTests
{
    const ulong EndHash = 0xfffffffffffffffe;
    const int PageSize = 4096;

    [Fact]
    public void An_empty_directory_has_itself_and_its_parent() => MdtWorld.Run(async world =>
    {
        Fid dir = await world.Client.MakeDirAsync(MdtWorld.Root, "d");
        List<DirEntry> names = await ReadAllAsync(world.Client, dir, PageSize);
        Assert.Equal([(".", dir, 0x4000), ("..", MdtWorld.Root, 0x4000)], names.Select(n => (n.Name, n.Fid, n.Type)));
    });

    [Theory]
    [InlineData(PageSize)]
    [InlineData(1 << 20)]
    public void Ten_thousand_names_come_once_each_in_order_of_hash(int room) => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid dir = await c.MakeDirAsync(MdtWorld.Root, "d");
        var expected = new Dictionary<string, Fid>();
        for (int i = 0; i < 10_000; i++)
        {
            string name = $"file-{i}{new string('x', i % 40)}";
            MdtAnswer made = i % 100 == 0
                ? await c.MkdirAsync(dir, name)
                : await c.CreateAsync(dir, name, 0x81A4);
            Assert.Equal(Errno.OK, made.Error);
            expected.Add(name, made.Fid);
        }
        List<DirEntry> names = await ReadAllAsync(c, dir, room);
        Assert.Equal(10_002, names.Count);
        Assert.Equal(names.Select(n => n.Hash).Order(), names.Select(n => n.Hash));
        foreach (DirEntry entry in names.Skip(2))
        {
            Assert.True(expected.Remove(entry.Name, out Fid fid), entry.Name);
            Assert.Equal(fid, entry.Fid);
        }
        Assert.Empty(expected);
    });

    [Fact]
    public void A_directory_that_was_removed_shows_nothing() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid dir = await c.MakeDirAsync(MdtWorld.Root, "d");
        MdtAnswer open = await c.OpenAsync(MdtWorld.Root, "d", MdsOpenFlags.FMODE_READ | MdsOpenFlags.DIRECTORY);
        Assert.Equal(Errno.OK, (await c.RmdirAsync(MdtWorld.Root, "d")).Error);
        Assert.Empty(await ReadAllAsync(c, dir, PageSize));
        Assert.Equal(Errno.ENOENT, (await c.CreateFileAsync(dir, "f")).Error);
        Assert.Equal(Errno.OK, (await c.CloseAsync(open)).Error);
    });

    [Fact]
    public void What_is_no_directory_has_no_pages() => MdtWorld.Run(async world =>
    {
        Fid file = await world.Client.MakeFileAsync(MdtWorld.Root, "f");
        Assert.Equal(
            Errno.ENOTDIR, await world.Client.ReadDirPagesAsync(file, 0, PageSize, new byte[PageSize], []));
        Assert.Equal(
            Errno.EINVAL, await world.Client.ReadDirPagesAsync(MdtWorld.Root, 0, 100, new byte[PageSize], []));
    });

    internal static async Task<List<DirEntry>> ReadAllAsync(MdtClient client, Fid directory, int room)
    {
        var names = new List<DirEntry>();
        var pages = new byte[room];
        ulong hash = 0;
        while (hash != EndHash)
        {
            var sizes = new List<int>();
            Assert.Equal(Errno.OK, await client.ReadDirPagesAsync(directory, hash, room, pages, sizes));
            Assert.Equal(0, sizes[0] % PageSize);
            Assert.NotEqual(0, sizes[0]);
            for (int page = 0; page < sizes[0]; page += PageSize)
                hash = ReadPage(pages.AsSpan(page, PageSize), hash, names);
        }
        return names;
    }

    static ulong ReadPage(ReadOnlySpan<byte> page, ulong hash, List<DirEntry> names)
    {
        var header = MemoryMarshal.Read<LuDirPage>(page);
        Assert.Equal(hash, header.HashStart);
        if ((header.Flags & DirpageFlags.EMPTY) != 0)
            return header.HashEnd;
        int offset = 24;
        while (true)
        {
            var entry = MemoryMarshal.Read<LuDirent>(page[offset..]);
            Assert.Equal(DirentAttrs.FID | DirentAttrs.TYPE | DirentAttrs._64BITHASH, entry.Attrs);
            Assert.InRange(entry.Hash, header.HashStart, header.HashEnd);
            string name = Encoding.Latin1.GetString(page.Slice(offset + 32, entry.NameLength));
            int typeAt = offset + 32 + ((entry.NameLength + 1) & ~1);
            names.Add(new(name, entry.Fid, entry.Hash, BinaryPrimitives.ReadUInt16LittleEndian(page[typeAt..])));
            if (entry.RecordLength == 0)
                return header.HashEnd;
            offset += entry.RecordLength;
        }
    }
}

/// <summary>A name that was read.</summary>
sealed record DirEntry(string Name, Fid Fid, ulong Hash, int Type);
