using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

/// <summary>
/// Lays directory entries out in pages as MDS_READPAGE sends them (<c>struct lu_dirpage</c>): each page says which
/// hashes it covers and where to go on. Entries come in hash order.
/// </summary>
/// <remarks>Source: mdd_dir_page_build and dt_index_walk of lustre/mdd, lustre/obdclass.</remarks>
public ref struct DirPageBuilder
{
    /// <summary>Hash at the end of a directory (<c>MDS_DIR_END_OFF</c>).</summary>
    public const ulong EndHash = 0xfffffffffffffffe;

    const int PageSize = MdtConst.LU_PAGE_SIZE;
    const int HeaderSize = 24;
    const int EntrySize = 32;

    readonly Span<byte> _pages;
    readonly DirentAttrs _attrs;
    int _page;          // start of the present page
    int _offset;        // where its next entry goes
    int _last;          // its last entry; 0 for none
    ulong _lastHash;

    /// <param name="pages">A whole number of pages, at least one.</param>
    /// <param name="attrs">What the client wants beside the names.</param>
    /// <param name="startHash">Where the client goes on.</param>
    public DirPageBuilder(Span<byte> pages, DirentAttrs attrs, ulong startHash)
    {
        _pages = pages;
        _attrs = attrs & (DirentAttrs.FID | DirentAttrs.TYPE | DirentAttrs._64BITHASH);
        BeginPage(0, startHash);
    }

    /// <summary>Adds an entry; false when all pages are full. Then it is the first of the next request.</summary>
    public bool TryAdd(ulong hash, Fid fid, uint mode, ReadOnlySpan<byte> name)
    {
        int size = SizeOf(name.Length, _attrs);
        if (_offset + size > PageSize)
        {
            EndPage(hash);
            if (_page + 2 * PageSize > _pages.Length)
                return false;
            BeginPage(_page + PageSize, hash);
        }
        Span<byte> entry = _pages.Slice(_page + _offset, size);
        entry.Clear();
        var dirent = new LuDirent
        {
            Fid = fid,
            Hash = hash,
            RecordLength = (ushort)size,
            NameLength = (ushort)name.Length,
            Attrs = _attrs,
        };
        MemoryMarshal.Write(entry, dirent);
        name.CopyTo(entry[EntrySize..]);
        if ((_attrs & DirentAttrs.TYPE) != 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(
                entry[TypeOffset(name.Length)..], (ushort)(mode & DtMode.TypeMask));
        }
        _last = _page + _offset;
        _lastHash = hash;
        _offset += size;
        return true;
    }

    /// <summary>There are no more entries.</summary>
    /// <returns>Bytes of the pages.</returns>
    public int EndDirectory()
    {
        ref LuDirPage header = ref Header;
        if (_last == 0)
            header.Flags = DirpageFlags.EMPTY;
        EndPage(EndHash);
        return _page + PageSize;
    }

    /// <summary>The pages are full.</summary>
    /// <returns>Bytes of the pages.</returns>
    public readonly int EndFull() => _page + PageSize;

    /// <summary>Bytes of an entry, its type and the padding included (lu_dirent_calc_size).</summary>
    static int SizeOf(int nameLength, DirentAttrs attrs)
    {
        int size = EntrySize + nameLength + 1;
        if ((attrs & DirentAttrs.TYPE) != 0)
            size = ((size + 1) & ~1) + sizeof(ushort);
        return (size + 7) & ~7;
    }

    /// <summary>The type stands right behind the name, where a NUL would be counted but is not written.</summary>
    static int TypeOffset(int nameLength) => EntrySize + ((nameLength + 1) & ~1);

    readonly ref LuDirPage Header => ref MemoryMarshal.AsRef<LuDirPage>(_pages.Slice(_page, HeaderSize));

    void BeginPage(int page, ulong startHash)
    {
        _page = page;
        _pages.Slice(page, PageSize).Clear();
        Header.HashStart = startHash;
        _offset = HeaderSize;
        _last = 0;
    }

    /// <summary>Closes a page: the next one begins with <paramref name="nextHash"/>. When that is the hash of this
    /// page's last entry the two collide, and a reader has to take the next page in one go with this one.</summary>
    void EndPage(ulong nextHash)
    {
        ref LuDirPage header = ref Header;
        header.HashEnd = nextHash;
        if (_last == 0)
            return;
        if (_lastHash == nextHash)
            header.Flags |= DirpageFlags.COLLIDE;
        MemoryMarshal.AsRef<LuDirent>(_pages.Slice(_last, EntrySize)).RecordLength = 0;     // end mark
    }
}
