using Lustrous.Idl.Fids;

namespace Lustrous.Obdclass.Storage;

// Directories (kind Directory) and indexes (kind Index); others get ENOTDIR.
public partial interface IDtObject
{
    /// <summary>Directory: the object a name stands for. ENOENT; ENAMETOOLONG.</summary>
    Errno Lookup(ReadOnlySpan<byte> name, out DtEntry entry);

    /// <summary>Directory: adds a name; "." and ".." are names like others. EEXIST; ENAMETOOLONG; ENOSPC where it was
    /// not
    /// declared with <see cref="DtTransaction.DeclareInsert"/>. Nlink and times are the caller's.</summary>
    Errno Insert(DtTransaction transaction, ReadOnlySpan<byte> name, in DtEntry entry);

    /// <summary>Directory: takes a name away. ENOENT.</summary>
    Errno Remove(DtTransaction transaction, ReadOnlySpan<byte> name);

    /// <summary>Directory: makes a name stand for another object, never absent meanwhile. ENOENT.</summary>
    Errno Replace(DtTransaction transaction, ReadOnlySpan<byte> name, in DtEntry entry);

    /// <summary>Names, or records of an index; "." and ".." count. 0 when it is neither.</summary>
    long EntryCount { get; }

    /// <summary>
    /// Directory: goes through names in order of hash, from the first whose hash is at least <paramref name="hash"/>
    /// on:
    /// "." has 0, ".." <see cref="DtNameHash.DotDot"/>, others follow. Names that are there all the time come once;
    /// those added or removed meanwhile may come or not.
    /// </summary>
    DtDirectoryIterator Iterate(ulong hash);

    /// <summary>Index: copies a record out, returns its length. ENOENT; ERANGE: <paramref name="record"/> is too
    /// short.</summary>
    Result<int> IndexLookup(ReadOnlySpan<byte> key, Span<byte> record);

    /// <summary>Index: adds a record, or with <paramref name="replace"/> takes the place of the one there. EEXIST;
    /// EINVAL:
    /// key or record longer than the format allows; ENOSPC where it was not declared with
    /// <see cref="DtTransaction.DeclareInsert"/>; a record that takes the place of one of its length takes no
    /// room.</summary>
    Errno IndexInsert(
        DtTransaction transaction, ReadOnlySpan<byte> key, ReadOnlySpan<byte> record, bool replace = false);

    /// <summary>Index: ENOENT.</summary>
    Errno IndexRemove(DtTransaction transaction, ReadOnlySpan<byte> key);

    /// <summary>Index: the first record whose key is at least (or, with <paramref name="after"/>, above)
    /// <paramref name="key"/>, keys compared as bytes. Iterating is asking again after the key one got. ENOENT: no
    /// more;
    /// ERANGE.</summary>
    Errno IndexNext(
        ReadOnlySpan<byte> key, bool after, Span<byte> foundKey, out int keyLength, Span<byte> record,
        out int recordLength);
}
