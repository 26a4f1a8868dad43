using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Xunit;

namespace Lustrous.Osd.Tests.Conformance;

// Directories and indexes.
public abstract partial class DtConformance
{
    [Fact]
    public void Names_are_inserted_looked_up_replaced_and_removed()
    {
        IDtObject directory = NewDirectory();
        var file = new DtEntry(NewFid(), DtMode.Regular);
        var other = new DtEntry(NewFid(), DtMode.Symlink);
        Assert.Equal(Errno.ENOENT, directory.Lookup("a"u8, out _));
        Change(t => directory.Insert(t, "a"u8, file), t => t.DeclareInsert(1));
        Ok(directory.Lookup("a"u8, out DtEntry found));
        Assert.Equal(file, found);
        Refused(Errno.EEXIST, t => directory.Insert(t, "a"u8, other));
        Change(t => directory.Replace(t, "a"u8, other));
        Ok(directory.Lookup("a"u8, out found));
        Assert.Equal(other, found);
        Assert.Equal(1, directory.EntryCount);
        Change(t => directory.Remove(t, "a"u8));
        Refused(Errno.ENOENT, t => directory.Remove(t, "a"u8));
        Refused(Errno.ENOENT, t => directory.Replace(t, "a"u8, other));
        Assert.Equal(0, directory.EntryCount);
    }

    [Fact]
    public void Names_may_be_255_bytes_and_any_bytes()
    {
        IDtObject directory = NewDirectory();
        var entry = new DtEntry(NewFid(), DtMode.Regular);
        byte[] longest = new byte[255];
        longest.AsSpan().Fill(0xFE);
        Change(t => directory.Insert(t, longest, entry));
        Ok(directory.Lookup(longest, out _));
        Refused(Errno.ENAMETOOLONG, t => directory.Insert(t, new byte[256], entry));
        Assert.Equal(Errno.ENAMETOOLONG, directory.Lookup(new byte[256], out _));
        Assert.Equal(Errno.ENOTDIR, NewFile().Lookup("a"u8, out _));
        Assert.Equal(Errno.ENOENT, Device.Locate(NewFid()).Lookup("a"u8, out _));
    }

    [Fact]
    public void Dot_and_dotdot_come_first_and_the_rest_in_order_of_hash()
    {
        IDtObject directory = NewDirectory();
        var names = new HashSet<string>();
        for (int i = 0; i < 3000; i++)
            names.Add($"file-{i}");
        Insert(directory, names);
        Insert(directory, [".", ".."]);

        var seen = new List<string>();
        ulong last = 0;
        using (DtDirectoryIterator iterator = directory.Iterate(0))
        {
            while (iterator.MoveNext())
            {
                Assert.True(iterator.Hash >= last);
                Assert.True(iterator.Hash < 0x7FFFFFFFUL << 32);
                last = iterator.Hash;
                seen.Add(Encoding.ASCII.GetString(iterator.Name));
            }
            Assert.False(iterator.MoveNext());
        }
        Assert.Equal([".", ".."], seen[..2]);
        Assert.Equal(3002, seen.Count);
        Assert.True(names.SetEquals(seen[2..]));
    }

    [Fact]
    public void Iterating_goes_on_from_any_hash()
    {
        IDtObject directory = NewDirectory();
        Insert(directory, Enumerable.Range(0, 500).Select(i => $"n{i}").Append(".").Append(".."));
        List<(ulong Hash, string Name)> all = List(directory, 0);
        Assert.Equal(DtNameHash.Dot, all[0].Hash);
        Assert.Equal(DtNameHash.DotDot, all[1].Hash);
        for (int i = 0; i < all.Count; i += 17)
        {
            Assert.Equal(all[i..], List(directory, all[i].Hash));
            Assert.Equal(all[(i + 1)..], List(directory, all[i].Hash + 1));
        }
        Assert.Empty(List(directory, all[^1].Hash + 1));
        Assert.Empty(List(NewDirectory(), 0));
    }

    [Fact]
    public void Names_that_stay_come_once_while_others_come_and_go()
    {
        IDtObject directory = NewDirectory();
        string[] staying = [.. Enumerable.Range(0, 400).Select(i => $"stay{i}")];
        Insert(directory, staying);
        var seen = new List<string>();
        int turn = 0;
        using (DtDirectoryIterator iterator = directory.Iterate(0))
        {
            while (iterator.MoveNext())
            {
                string name = Encoding.ASCII.GetString(iterator.Name);
                if (name.StartsWith("stay", StringComparison.Ordinal))
                    seen.Add(name);
                Insert(directory, [$"new{turn}"]);
                if (turn >= 2)
                    Change(t => directory.Remove(t, Encoding.ASCII.GetBytes($"new{turn - 2}")));
                if (++turn > 5000)
                    break;
            }
        }
        Assert.Equal(400, seen.Count);
        Assert.True(seen.ToHashSet().SetEquals(staying));
    }

    [Fact]
    public void A_large_directory_is_emptied_again()
    {
        IDtObject directory = NewDirectory();
        string[] names = [.. Enumerable.Range(0, 20000).Select(i => $"{i * 7919 % 20000}.dat")];
        Insert(directory, names);
        Assert.Equal(20000, directory.EntryCount);
        foreach (string name in names)
            Ok(directory.Lookup(Encoding.ASCII.GetBytes(name), out _));
        DtTransaction transaction = Device.Begin();
        Ok(transaction.Start());
        foreach (string name in names)
            Ok(directory.Remove(transaction, Encoding.ASCII.GetBytes(name)));
        transaction.Stop();
        Assert.Equal(0, directory.EntryCount);
        Assert.Empty(List(directory, 0));
    }

    [Fact]
    public void An_index_keeps_records_in_order_of_bytes()
    {
        IDtObject index = NewObject(FileAttributes, DtObjectFormat.Index(16, 8));
        byte[][] keys = [[1], [1, 0], [0xFF, 1], [2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 3, 4, 5, 6, 7, 8, 9], [0], []];
        foreach (byte[] key in keys)
            Change(t => index.IndexInsert(t, key, [(byte)key.Length]), t => t.DeclareInsert(key.Length, 1));
        Assert.Equal(keys.Length, index.EntryCount);
        byte[] record = new byte[8];
        Assert.Equal(1, index.IndexLookup([2, 3, 4, 5, 6, 7, 8, 9], record).Value);
        Assert.Equal(8, record[0]);
        Assert.Equal(Errno.ENOENT, index.IndexLookup([9], record).Error);
        Assert.Equal(Errno.ERANGE, index.IndexLookup([1], default).Error);

        var walked = new List<byte[]>();
        byte[] key2 = new byte[16];
        int length = 0;
        bool after = false;
        while (index.IndexNext(key2.AsSpan(0, length), after, key2, out length, record, out int recordLength)
            == Errno.OK)
        {
            walked.Add(key2[..length]);
            Assert.Equal(1, recordLength);
            after = true;
        }
        Assert.Equal(keys.OrderBy(k => Convert.ToHexString(k), StringComparer.Ordinal), walked);

        Refused(Errno.EEXIST, t => index.IndexInsert(t, [1], [9]));
        Change(t => index.IndexInsert(t, [1], [9, 9], replace: true), t => t.DeclareInsert(1, 2));
        Assert.Equal(2, index.IndexLookup([1], record).Value);
        // A record of the same length takes no room: also where there is none left.
        DtTransaction all = Device.Begin();
        while (all.DeclareXattr(1) == Errno.OK)
        {
        }
        Change(t => index.IndexInsert(t, [1], [7, 8], replace: true));
        all.Stop();
        Assert.Equal(2, index.IndexLookup([1], record).Value);
        Assert.Equal([7, 8], record[..2]);
        Refused(Errno.EINVAL, t => index.IndexInsert(t, new byte[17], [1]));
        Refused(Errno.EINVAL, t => index.IndexInsert(t, [5], new byte[9]));
        Change(t => index.IndexRemove(t, [1]));
        Refused(Errno.ENOENT, t => index.IndexRemove(t, [1]));
        Assert.Equal(keys.Length - 1, index.EntryCount);
        Assert.Equal(Errno.ENOTDIR, NewFile().IndexLookup([1], record).Error);
    }

    void Insert(IDtObject directory, IEnumerable<string> names)
    {
        DtTransaction transaction = Device.Begin();
        Ok(transaction.Start());
        uint id = 1;
        foreach (string name in names)
        {
            Ok(directory.Insert(
                transaction, Encoding.ASCII.GetBytes(name), new DtEntry(new Fid(0x200000500, id++), DtMode.Regular)));
        }
        transaction.Stop();
    }

    static List<(ulong Hash, string Name)> List(IDtObject directory, ulong from)
    {
        var all = new List<(ulong, string)>();
        using DtDirectoryIterator iterator = directory.Iterate(from);
        while (iterator.MoveNext())
            all.Add((iterator.Hash, Encoding.ASCII.GetString(iterator.Name)));
        return all;
    }
}
