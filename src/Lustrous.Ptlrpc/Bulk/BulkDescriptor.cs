using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Bulk;

/// <summary>Hears that a bulk transfer is over.</summary>
public interface IBulkOwner
{
    /// <summary>
    /// Every descriptor is unlinked: the memory is the caller's again, and <see cref="BulkDescriptor.Failed"/> and
    /// <see cref="BulkDescriptor.TransferredBytes"/> are final. Called once per start, possibly before the start
    /// returns.
    /// </summary>
    void OnBulkEnded(BulkDescriptor bulk);
}

/// <summary>
/// Memory of one bulk transfer, cut into LNet descriptors of at most 1 MiB with match bits in a row
/// (<c>struct ptlrpc_bulk_desc</c>). Used again and again: <see cref="Reset"/>, add memory, start.
/// </summary>
/// <remarks>
/// Client and server cut independently and must find the same borders, so the rule counts in 4 KiB pages of the file
/// whatever the memory looks like: a partial page counts as a whole one. Source: __ptlrpc_prep_bulk_page in
/// lustre/ptlrpc/client.c.
/// </remarks>
public sealed partial class BulkDescriptor : ILNetEventHandler
{
    /// <summary>Bytes of one descriptor (<c>LNET_MTU</c>).</summary>
    public const int MaxDescriptorSize = 1 << 20;

    /// <summary>Largest bulk.</summary>
    public const int MaxSize = 16 << 20;

    /// <summary><c>PTLRPC_BULK_INTEROP_PAGE_SIZE</c></summary>
    public const int PageSize = 4096;

    /// <summary>16 whole descriptors, and one more for data that starts or ends within a page.</summary>
    public const int MaxDescriptors = (MaxSize / MaxDescriptorSize) + 1;

    IoVec[] _fragments = new IoVec[4];
    readonly int[] _firstFragment = new int[MaxDescriptors + 1];
    readonly MemoryDescriptor?[] _descriptors = new MemoryDescriptor?[MaxDescriptors];
    int _fragmentCount;
    int _pageBytes;             // of the last descriptor, partial pages counted as whole ones
    int _endOffset;             // where in a page of the file the last piece ended

    int _pending;               // descriptors not yet unlinked
    long _transferred;
    int _failed;
    int _posted;
    IBulkOwner? _owner;
    LNetNode? _lnet;

    public BulkType Type { get; private set; }

    /// <summary>Portal that the client's descriptors are attached to.</summary>
    public uint Portal { get; private set; }

    /// <summary>Bytes added.</summary>
    public int Size { get; private set; }

    /// <summary>LNet descriptors that the memory needs; each takes one number of the match bits.</summary>
    public int DescriptorCount { get; private set; }

    /// <summary>Bytes moved, once it has ended.</summary>
    public long TransferredBytes => Interlocked.Read(ref _transferred);

    /// <summary>A descriptor came back without having done its work.</summary>
    public bool Failed => Volatile.Read(ref _failed) != 0;

    /// <summary>Whether LNet still has descriptors of it.</summary>
    public bool IsActive => Volatile.Read(ref _pending) != 0;

    public ReadOnlySpan<IoVec> Fragments => _fragments.AsSpan(0, _fragmentCount);

    /// <summary>Starts over, with no memory.</summary>
    public void Reset(BulkType type, uint portal)
    {
        Lassert.That(!IsActive);
        Type = type;
        Portal = portal;
        Size = DescriptorCount = _fragmentCount = _pageBytes = _endOffset = 0;
        _transferred = 0;
        _failed = 0;
    }

    /// <summary>Adds a run of memory. The caller keeps it in place until the transfer has ended.</summary>
    /// <param name="memory">One or many pages.</param>
    /// <param name="pageOffset">Where in a page of the file its first byte lies (0 to 4095).</param>
    /// <returns>EFBIG when it would become more than <see cref="MaxSize"/> or <see cref="MaxDescriptors"/>.</returns>
    public Errno Add(IoVec memory, int pageOffset = 0)
    {
        Lassert.That((uint)pageOffset < PageSize && !IsActive);
        if (memory.Length > MaxSize - Size)
            return Errno.EFBIG;
        int done = 0;
        while (done < memory.Length)
        {
            int length = Math.Min(memory.Length - done, PageSize - pageOffset);
            // Both sides count pages of the file; that one of them has a page in two pieces is its own business.
            bool goesOn = pageOffset != 0 && pageOffset == _endOffset;
            if (!AddPage(memory.Slice(done, length), goesOn))
                return Errno.EFBIG;
            done += length;
            _endOffset = pageOffset + length & PageSize - 1;
            pageOffset = 0;
        }
        return Errno.OK;
    }

    bool AddPage(IoVec page, bool goesOn)
    {
        bool isNew = !goesOn && (DescriptorCount == 0 || _pageBytes + PageSize > MaxDescriptorSize);
        if (isNew)
        {
            if (DescriptorCount == MaxDescriptors)
                return false;
            _firstFragment[DescriptorCount++] = _fragmentCount;
            _pageBytes = 0;
        }
        if (!goesOn)
            _pageBytes += PageSize;
        Size += page.Length;
        if (!isNew && Joins(page))
            _fragments[_fragmentCount - 1] = Joined(_fragments[_fragmentCount - 1], page);
        else
            Append(page);
        _firstFragment[DescriptorCount] = _fragmentCount;
        return true;
    }

    unsafe bool Joins(IoVec page)
    {
        IoVec last = _fragments[_fragmentCount - 1];
        return last.Start + last.Length == page.Start;
    }

    static unsafe IoVec Joined(IoVec first, IoVec second) => new(first.Start, first.Length + second.Length);

    void Append(IoVec page)
    {
        if (_fragmentCount == _fragments.Length)
            Array.Resize(ref _fragments, _fragments.Length * 2);
        _fragments[_fragmentCount++] = page;
    }
}
