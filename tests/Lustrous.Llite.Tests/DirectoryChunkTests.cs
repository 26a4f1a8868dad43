using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class DirectoryChunkTests
{
    const int PageBytes = 4096;
    const int HeadBytes = 24, EntryBytes = 32;

    [Fact]
    public void Entries_of_all_pages_come_in_order_with_names_and_types()
    {
        byte[] pages = [.. Page(0, 30, (10, "a"), (20, "bcd")), .. Page(30, DirectoryChunk.End, (30, "e"))];
        Result<DirectoryChunk> parsed = DirectoryChunk.Parse(0, pages);
        Assert.Equal(Errno.OK, parsed.Error);
        DirectoryChunk chunk = parsed.Value;
        Assert.Equal(DirectoryChunk.End, chunk.Next);
        Assert.Equal([10ul, 20ul, 30ul], chunk.Items.ToArray().Select(item => item.Hash));
        Assert.Equal("bcd"u8.ToArray(), chunk.Name(chunk.Items[1]).ToArray());
        Assert.All(chunk.Items.ToArray(), item => Assert.Equal((ushort)FileType.Regular, item.Type));
        Assert.Equal(1, chunk.IndexOf(11));
    }

    [Fact]
    public void Entries_that_come_again_with_the_next_chunk_are_left_to_it()
    {
        Result<DirectoryChunk> parsed = DirectoryChunk.Parse(0, Page(0, 20, (10, "a"), (20, "b")));
        Assert.Equal(Errno.OK, parsed.Error);
        Assert.Equal([10ul], parsed.Value.Items.ToArray().Select(item => item.Hash));
        Assert.Equal(20ul, parsed.Value.Next);
    }

    [Fact]
    public void An_empty_page_is_an_empty_directory()
    {
        byte[] page = new byte[PageBytes];
        MemoryMarshal.Write(page, new LuDirPage { HashEnd = DirectoryChunk.End, Flags = DirpageFlags.EMPTY });
        Assert.Equal(0, DirectoryChunk.Parse(0, page).Value.Items.Length);
    }

    [Fact]
    public void What_is_no_directory_is_EPROTO()
    {
        byte[] good = Page(0, DirectoryChunk.End, (10, "a"), (20, "b"));
        Assert.Equal(Errno.OK, DirectoryChunk.Parse(0, good).Error);
        Assert.Equal(Errno.EPROTO, DirectoryChunk.Parse(0, good.AsSpan(0, 4000)).Error);
        Assert.Equal(Errno.EPROTO, DirectoryChunk.Parse(0, []).Error);
        Assert.Equal(Errno.EPROTO, Spoiled(good, page => page[HeadBytes + EntryBytes] = (byte)'/'));
        Assert.Equal(Errno.EPROTO, Spoiled(good, page => page[HeadBytes + EntryBytes] = 0));
        // lde_namelen and lde_reclen that lead out of the page, or nowhere.
        Assert.Equal(Errno.EPROTO, Spoiled(good, page => page[HeadBytes + 27] = 0x40));
        Assert.Equal(Errno.EPROTO, Spoiled(good, page => page[HeadBytes + 25] = 0x20));
        Assert.Equal(Errno.EPROTO, Spoiled(good, page => page[HeadBytes + 24] = 8));
        // Hashes that go back, a FID that is none, a page that leads back.
        Assert.Equal(Errno.EPROTO, DirectoryChunk.Parse(0, Page(0, DirectoryChunk.End, (20, "a"), (10, "b"))).Error);
        Assert.Equal(Errno.EPROTO, Spoiled(good, page => page.AsSpan(HeadBytes, 16).Clear()));
        Assert.Equal(Errno.EPROTO, DirectoryChunk.Parse(50, Page(50, 50, (50, "a"))).Error);
    }

    [Fact]
    public void Stripes_are_listed_as_one_directory()
    {
        DirectoryChunk[] stripes =
        [
            DirectoryChunk.Parse(0, Page(0, 40, (1, "."), (2, ".."), (10, "a"), (30, "c"))).Value,
            DirectoryChunk.Parse(0, Page(0, DirectoryChunk.End, (1, "."), (2, ".."), (10, "b"), (50, "d"))).Value,
        ];
        Fid self = new(0x200000400, 77), parent = new(0x200000400, 78);
        var merged = DirectoryChunk.Merge(0, stripes, self, parent);
        // As far as the first stripe tells: who reads on from there gets the rest of both.
        Assert.Equal(40ul, merged.Next);
        Assert.Equal([".", "..", "a", "b", "c"], Names(merged));
        Assert.Equal(self, merged.Items[0].Fid);
        Assert.Equal(parent, merged.Items[1].Fid);
        Assert.Equal([1ul, 2ul, 10ul, 10ul, 30ul], merged.Items.ToArray().Select(item => item.Hash));
    }

    static string[] Names(DirectoryChunk chunk)
    {
        var names = new List<string>();
        foreach (DirectoryItem item in chunk.Items)
            names.Add(System.Text.Encoding.UTF8.GetString(chunk.Name(item)));
        return [.. names];
    }

    static Errno Spoiled(byte[] page, Action<byte[]> how)
    {
        byte[] copy = [.. page];
        how(copy);
        return DirectoryChunk.Parse(0, copy).Error;
    }

    static byte[] Page(ulong start, ulong end, params (ulong Hash, string Name)[] entries)
    {
        byte[] page = new byte[PageBytes];
        MemoryMarshal.Write(page, new LuDirPage { HashStart = start, HashEnd = end });
        int at = HeadBytes;
        for (int i = 0; i < entries.Length; i++)
        {
            byte[] name = LliteClient.Bytes(entries[i].Name);
            int length = EntryBytes + ((name.Length + 1) & ~1) + 2 + 7 & ~7;
            MemoryMarshal.Write(page.AsSpan(at), new LuDirent
            {
                Fid = new Fid(0x200000400, (uint)i + 1),
                Hash = entries[i].Hash,
                NameLength = (ushort)name.Length,
                RecordLength = (ushort)(i + 1 < entries.Length ? length : 0),
                Attrs = DirentAttrs.FID | DirentAttrs.TYPE,
            });
            name.CopyTo(page, at + EntryBytes);
            MemoryMarshal.Write(
                page.AsSpan(at + EntryBytes + ((name.Length + 1) & ~1)), (ushort)FileType.Regular);
            at += length;
        }
        return page;
    }
}
