using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target.Fld;

/// <summary>
/// Which target has which sequences (<c>struct lu_server_fld</c>): complete on MDT0000, which gives them out.
/// </summary>
/// <remarks>Source: lustre/fld/fld_handler.c, fld_index.c.</remarks>
public sealed partial class FldServer
{
    const int KeySize = sizeof(ulong);

    readonly IDtDevice? _storage;
    readonly RankedLock _lock = new(12, "lsf_lock");
    readonly List<LuSeqRange> _ranges = [];     // guarded by _lock, by rising start, disjoint

    /// <param name="storage">Keeps what was given out (<c>fld</c>): key is the start, record the range; null where
    /// nothing is given out.</param>
    public FldServer(IDtDevice? storage = null)
    {
        _storage = storage;
        if (storage is not null)
            Load(storage.Locate(DtLocalFid.FldIndex));
    }

    /// <summary>Whose the sequence is.</summary>
    /// <returns>ENOENT: it has not been given out.</returns>
    public Result<LuSeqRange> Lookup(ulong sequence)
    {
        using (_lock.Enter())
        {
            foreach (LuSeqRange range in _ranges)
            {
                if (range.Contains(sequence))
                    return range;
            }
        }
        return Errno.ENOENT;
    }

    /// <summary>Notes a range that was given out, and ends when that is durable.</summary>
    /// <returns>EINVAL, EEXIST as <see cref="Insert"/>; what the storage says.</returns>
    public async ValueTask<Errno> AddAsync(LuSeqRange range, CancellationToken cancel)
    {
        Errno error = Insert(range);
        if (error != Errno.OK || _storage is null)
            return error;
        error = Store(_storage, range);
        return error == Errno.OK ? await _storage.SyncAsync(cancel) : error;
    }

    /// <summary>Notes a range in memory; adjoining ones of one target become one.</summary>
    /// <returns>EINVAL for an empty one; EEXIST where it overlaps one of another target.</returns>
    public Errno Insert(LuSeqRange range)
    {
        if (!range.IsSane)
            return Errno.EINVAL;
        using (_lock.Enter())
        {
            int at = _ranges.FindIndex(other => other.End >= range.Start);
            if (at < 0)
                at = _ranges.Count;
            while (at < _ranges.Count && _ranges[at].Start <= range.End)
            {
                LuSeqRange other = _ranges[at];
                bool same = other.Index == range.Index && other.Flags == range.Flags;
                bool overlaps = other.Start < range.End && range.Start < other.End;
                if (!same && overlaps)
                    return Errno.EEXIST;
                if (!same)
                {
                    if (other.End > range.Start)
                        break;
                    at++;
                    continue;
                }
                range.Start = Math.Min(range.Start, other.Start);
                range.End = Math.Max(range.End, other.End);
                _ranges.RemoveAt(at);
            }
            _ranges.Insert(at, range);
            return Errno.OK;
        }
    }

    /// <summary>Notes what is MDT0000's without having been given out: the root, <c>.lustre</c>, and the inode numbers
    /// of 1.x files. Kernel clients ask for the root's to find its path (fld_insert_special_entries).</summary>
    public void InsertSpecial()
    {
        foreach ((ulong start, ulong last) in (ReadOnlySpan<(ulong, ulong)>)
            [
                (FidSeq.IGIF, FidSeq.IGIF_MAX),
                (FidSeq.DOT_LUSTRE, FidSeq.DOT_LUSTRE),
                (FidSeq.ROOT, FidSeq.ROOT),
            ])
        {
            Errno error = Insert(new LuSeqRange { Start = start, End = last + 1, Flags = (uint)SeqRangeType.MDT });
            Lassert.That(error == Errno.OK, "special sequences are noted before any are given out");
        }
    }

    /// <summary>All of it, in order.</summary>
    public LuSeqRange[] List()
    {
        using (_lock.Enter())
            return [.. _ranges];
    }

    void Load(IDtObject index)
    {
        Span<byte> key = stackalloc byte[KeySize];
        Span<byte> record = stackalloc byte[Unsafe.SizeOf<LuSeqRange>()];
        int length = 0;
        for (bool after = false;
            index.IndexNext(key[..length], after, key, out length, record, out int read) == Errno.OK; after = true)
        {
            if (read == record.Length)
                _ = Insert(MemoryMarshal.Read<LuSeqRange>(record));
        }
    }

    static Errno Store(IDtDevice storage, in LuSeqRange range)
    {
        IDtObject index = storage.Locate(DtLocalFid.FldIndex);
        bool isNew = !index.Exists;
        Span<byte> key = stackalloc byte[KeySize];
        BinaryPrimitives.WriteUInt64BigEndian(key, range.Start);
        int size = Unsafe.SizeOf<LuSeqRange>();
        DtTransaction transaction = storage.Begin();
        Errno error = isNew ? transaction.DeclareCreate() : Errno.OK;
        if (error == Errno.OK)
            error = transaction.DeclareInsert(KeySize, size);
        if (error == Errno.OK)
            error = transaction.Start();
        if (error == Errno.OK && isNew)
        {
            var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular | 0x1A4 };
            error = index.Create(transaction, attributes, DtObjectFormat.Index(KeySize, size));
        }
        if (error == Errno.OK)
        {
            error = index.IndexInsert(
                transaction, key, MemoryMarshal.AsBytes(new ReadOnlySpan<LuSeqRange>(in range)), replace: true);
        }
        transaction.Stop(error);
        return error;
    }

    /// <summary>Adds FLD_QUERY and FLD_READ to a target's table.</summary>
    public void AddHandlers(ServiceTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        AddRows(target);
    }
}
