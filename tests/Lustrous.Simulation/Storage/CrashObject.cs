using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Simulation.Storage;

/// <summary>An object whose changes are noted with their transaction.</summary>
sealed class CrashObject(IDtObject live) : IDtObject
{
    public IDtObject Live => live;

    public Fid Fid => live.Fid;

    public bool Exists => live.Exists;

    public DtObjectKind Kind => live.Kind;

    public ulong Version => live.Version;

    public long EntryCount => live.EntryCount;

    public Errno Create(DtTransaction transaction, in DtAttributes attributes, in DtObjectFormat format)
    {
        CrashTransaction of = Of(transaction);
        Errno error = live.Create(of.Live, attributes, format);
        if (error != Errno.OK)
            return error;
        (Fid fid, DtAttributes given, DtObjectFormat kind) = (Fid, attributes, format);
        of.Lives.Add((fid, kind));
        of.Changes.Add((image, t) => image.Locate(fid).Create(t, given, kind));
        return Errno.OK;
    }

    public Errno Destroy(DtTransaction transaction)
    {
        CrashTransaction of = Of(transaction);
        Errno error = live.Destroy(of.Live);
        if (error == Errno.OK)
            of.Lives.Add((Fid, null));
        return Note(of, error, static (o, t) => o.Destroy(t));
    }

    public Errno GetAttributes(out DtAttributes attributes) => live.GetAttributes(out attributes);

    public Errno SetAttributes(DtTransaction transaction, in DtAttributes attributes)
    {
        DtAttributes given = attributes;
        return Note(Of(transaction), live.SetAttributes(Of(transaction).Live, given),
            (o, t) => o.SetAttributes(t, given));
    }

    public Errno AddReference(DtTransaction transaction) =>
        Note(Of(transaction), live.AddReference(Of(transaction).Live), static (o, t) => o.AddReference(t));

    public Errno DropReference(DtTransaction transaction) =>
        Note(Of(transaction), live.DropReference(Of(transaction).Live), static (o, t) => o.DropReference(t));

    public Errno SetVersion(DtTransaction transaction, ulong version) => Note(
        Of(transaction), live.SetVersion(Of(transaction).Live, version), (o, t) => o.SetVersion(t, version));

    public Result<int> GetXattr(ReadOnlySpan<byte> name, Span<byte> into) => live.GetXattr(name, into);

    public Errno SetXattr(
        DtTransaction transaction, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DtXattrFlags flags)
    {
        (byte[] key, byte[] bytes) = (name.ToArray(), value.ToArray());
        return Note(Of(transaction), live.SetXattr(Of(transaction).Live, name, value, flags),
            (o, t) => o.SetXattr(t, key, bytes));
    }

    public Errno DeleteXattr(DtTransaction transaction, ReadOnlySpan<byte> name)
    {
        byte[] key = name.ToArray();
        return Note(Of(transaction), live.DeleteXattr(Of(transaction).Live, name), (o, t) => o.DeleteXattr(t, key));
    }

    public Result<int> ListXattrs(Span<byte> into) => live.ListXattrs(into);

    public Errno Lookup(ReadOnlySpan<byte> name, out DtEntry entry) => live.Lookup(name, out entry);

    public Errno Insert(DtTransaction transaction, ReadOnlySpan<byte> name, in DtEntry entry)
    {
        (byte[] key, DtEntry given) = (name.ToArray(), entry);
        return Note(Of(transaction), live.Insert(Of(transaction).Live, name, given), (o, t) => o.Insert(t, key, given));
    }

    public Errno Remove(DtTransaction transaction, ReadOnlySpan<byte> name)
    {
        byte[] key = name.ToArray();
        return Note(Of(transaction), live.Remove(Of(transaction).Live, name), (o, t) => o.Remove(t, key));
    }

    public Errno Replace(DtTransaction transaction, ReadOnlySpan<byte> name, in DtEntry entry)
    {
        (byte[] key, DtEntry given) = (name.ToArray(), entry);
        return Note(
            Of(transaction), live.Replace(Of(transaction).Live, name, given), (o, t) => o.Replace(t, key, given));
    }

    public DtDirectoryIterator Iterate(ulong hash) => live.Iterate(hash);

    public Result<int> IndexLookup(ReadOnlySpan<byte> key, Span<byte> record) => live.IndexLookup(key, record);

    public Errno IndexInsert(
        DtTransaction transaction, ReadOnlySpan<byte> key, ReadOnlySpan<byte> record, bool replace)
    {
        (byte[] keyBytes, byte[] bytes) = (key.ToArray(), record.ToArray());
        return Note(Of(transaction), live.IndexInsert(Of(transaction).Live, key, record, replace),
            (o, t) => o.IndexInsert(t, keyBytes, bytes, replace));
    }

    public Errno IndexRemove(DtTransaction transaction, ReadOnlySpan<byte> key)
    {
        byte[] bytes = key.ToArray();
        return Note(Of(transaction), live.IndexRemove(Of(transaction).Live, key), (o, t) => o.IndexRemove(t, bytes));
    }

    public Errno IndexNext(
        ReadOnlySpan<byte> key, bool after, Span<byte> foundKey, out int keyLength, Span<byte> record,
        out int recordLength) =>
        live.IndexNext(key, after, foundKey, out keyLength, record, out recordLength);

    public Result<int> Read(long offset, Span<byte> into) => live.Read(offset, into);

    public Errno Write(DtTransaction transaction, long offset, ReadOnlySpan<byte> bytes)
    {
        byte[] copy = bytes.ToArray();
        return Note(
            Of(transaction), live.Write(Of(transaction).Live, offset, bytes), (o, t) => o.Write(t, offset, copy));
    }

    public ValueTask<Result<int>> GetReadBuffersAsync(DtBuffers buffers, long offset, int length) =>
        live.GetReadBuffersAsync(((CrashBuffers)buffers).Live, offset, length);

    public async ValueTask<Errno> GetWriteBuffersAsync(DtBuffers buffers, long offset, int length)
    {
        var own = (CrashBuffers)buffers;
        Errno error = await live.GetWriteBuffersAsync(own.Live, offset, length);
        if (error == Errno.OK)
            own.Add(offset, length);
        return error;
    }

    public async ValueTask<Errno> CommitWriteAsync(DtTransaction transaction, DtBuffers buffers)
    {
        var own = (CrashBuffers)buffers;
        List<(long Offset, byte[] Bytes)> ranges = own.Copy();
        Errno error = await live.CommitWriteAsync(Of(transaction).Live, own.Live);
        foreach ((long offset, byte[] bytes) in ranges)
            Note(Of(transaction), error, (o, t) => o.Write(t, offset, bytes));
        return error;
    }

    public Errno Punch(DtTransaction transaction, long start, long end) =>
        Note(Of(transaction), live.Punch(Of(transaction).Live, start, end), (o, t) => o.Punch(t, start, end));

    public Errno Fallocate(DtTransaction transaction, DtFallocateModes modes, long start, long end) => Note(
        Of(transaction), live.Fallocate(Of(transaction).Live, modes, start, end),
        (o, t) => o.Fallocate(t, modes, start, end));

    public Result<long> Seek(long offset, bool hole) => live.Seek(offset, hole);

    static CrashTransaction Of(DtTransaction transaction) => (CrashTransaction)transaction;

    Errno Note(CrashTransaction transaction, Errno error, Func<IDtObject, DtTransaction, Errno> change)
    {
        Fid fid = Fid;
        if (error == Errno.OK)
            transaction.Changes.Add((image, t) => change(image.Locate(fid), t));
        return error;
    }
}
