using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;

namespace Lustrous.Llite;

/// <summary>One entry as an MDT listed it.</summary>
/// <param name="Fid">Where it leads.</param>
/// <param name="Hash">Its position.</param>
/// <param name="NameStart">Where in the chunk's names its name begins.</param>
/// <param name="NameLength">Bytes.</param>
/// <param name="Type">As st_mode; 0 when the MDT did not say.</param>
readonly record struct DirectoryItem(Fid Fid, ulong Hash, int NameStart, ushort NameLength, ushort Type);

/// <summary>Entries of a directory in order of their hash, without gaps, checked when they came.</summary>
sealed class DirectoryChunk
{
    /// <summary>Behind the last entry (MDS_DIR_END_OFF).</summary>
    public const ulong End = 0xFFFF_FFFF_FFFF_FFFE;

    const int PageBytes = 4096;

    readonly DirectoryItem[] _items;
    readonly byte[] _names;

    DirectoryChunk(ulong start, ulong next, DirectoryItem[] items, byte[] names) =>
        (Start, Next, _items, _names) = (start, next, items, names);

    /// <summary>First hash that it covers.</summary>
    public ulong Start { get; }

    /// <summary>First hash behind it; <see cref="End"/> at the end of the directory.</summary>
    public ulong Next { get; }

    public ReadOnlySpan<DirectoryItem> Items => _items;

    public ReadOnlySpan<byte> Name(in DirectoryItem item) => _names.AsSpan(item.NameStart, item.NameLength);

    /// <summary>Index of the first entry at or behind a hash.</summary>
    public int IndexOf(ulong hash)
    {
        (int low, int high) = (0, _items.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_items[middle].Hash < hash)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Reads pages as they came. EPROTO for entries that leave their page, names that are none, hashes that
    /// go back.</summary>
    public static Result<DirectoryChunk> Parse(ulong start, ReadOnlySpan<byte> pages)
    {
        var items = new List<DirectoryItem>();
        var names = new List<byte>();
        ulong last = 0, next = End;
        if (pages.Length == 0 || pages.Length % PageBytes != 0)
            return Errno.EPROTO;
        while (!pages.IsEmpty)
        {
            ReadOnlySpan<byte> page = pages[..PageBytes];
            pages = pages[PageBytes..];
            LuDirPage head = MemoryMarshal.Read<LuDirPage>(page);
            if (head.HashStart < last || head.HashEnd < head.HashStart)
                return Errno.EPROTO;
            if ((head.Flags & DirpageFlags.EMPTY) == 0 && !ParsePage(page, ref last, items, names))
                return Errno.EPROTO;
            next = head.HashEnd;
            if (next >= End)
                break;
        }
        if (next <= start && next < End)
            return Errno.EPROTO;
        // Entries of the hash that the next chunk begins with come again there, all of them.
        int whole = items.FindIndex(item => item.Hash >= next);
        if (whole >= 0)
            items.RemoveRange(whole, items.Count - whole);
        return new DirectoryChunk(start, Math.Min(next, End), [.. items], [.. names]);
    }

    /// <summary>
    /// Entries of a directory's stripes as those of one directory: by hash, and of the same hash in the order of the
    /// stripes. What each stripe says of itself and of the directory above is said once, of the directory.
    /// </summary>
    /// <param name="start">First hash of all of them.</param>
    /// <param name="stripes">In order.</param>
    /// <param name="self">The directory.</param>
    /// <param name="parent">The one that it is in.</param>
    public static DirectoryChunk Merge(ulong start, IReadOnlyList<DirectoryChunk> stripes, Fid self, Fid parent)
    {
        ulong next = stripes.Min(stripe => stripe.Next);
        var items = new List<DirectoryItem>();
        var names = new List<byte>();
        (bool hasSelf, bool hasParent) = (false, false);
        foreach (DirectoryChunk stripe in stripes)
        {
            foreach (DirectoryItem item in stripe.Items)
            {
                ReadOnlySpan<byte> name = stripe.Name(item);
                bool isSelf = name.SequenceEqual("."u8), isParent = name.SequenceEqual(".."u8);
                if (item.Hash >= next || (isSelf && hasSelf) || (isParent && hasParent))
                    continue;
                (hasSelf, hasParent) = (hasSelf || isSelf, hasParent || isParent);
                items.Add(item with
                {
                    Fid = isSelf ? self : isParent ? parent : item.Fid,
                    NameStart = names.Count,
                });
                names.AddRange(name);
            }
        }
        return new DirectoryChunk(start, next, [.. items.OrderBy(item => item.Hash)], [.. names]);
    }

    static bool ParsePage(ReadOnlySpan<byte> page, ref ulong last, List<DirectoryItem> items, List<byte> names)
    {
        int entryBytes = Unsafe.SizeOf<LuDirent>();
        int at = Unsafe.SizeOf<LuDirPage>();
        while (true)
        {
            if (at + entryBytes > PageBytes)
                return false;
            LuDirent entry = MemoryMarshal.Read<LuDirent>(page[at..]);
            int nameEnd = at + entryBytes + entry.NameLength;
            if (nameEnd > PageBytes || entry.Hash < last)
                return false;
            if (entry.NameLength > 0)
            {
                ReadOnlySpan<byte> name = page.Slice(at + entryBytes, entry.NameLength);
                if (name.ContainsAny((byte)0, (byte)'/') || !entry.Fid.IsSane)
                    return false;
                items.Add(new(
                    entry.Fid, entry.Hash, names.Count, entry.NameLength, TypeOf(page, nameEnd - at, at, entry)));
                names.AddRange(name);
                last = entry.Hash;
            }
            if (entry.RecordLength == 0)
                return true;
            if (entry.RecordLength < entryBytes)
                return false;
            at += entry.RecordLength;
        }
    }

    // Behind the name, on an even place (lu_dirent_type_get).
    static ushort TypeOf(ReadOnlySpan<byte> page, int used, int at, in LuDirent entry)
    {
        if ((entry.Attrs & DirentAttrs.TYPE) == 0)
            return 0;
        int place = at + ((used + 1) & ~1);
        return place + sizeof(ushort) <= PageBytes
            ? MemoryMarshal.Read<ushort>(page[place..])
            : (ushort)0;
    }
}
