using Lustrous.Idl.Fids;

namespace Lustrous.Obdclass.Storage;

/// <summary>
/// One object (<c>struct dt_object</c>), by FID. The handle stays good when the object is created or destroyed; what
/// needs an object that does not exist gets ENOENT. What changes something takes a started transaction.
/// </summary>
public partial interface IDtObject
{
    Fid Fid { get; }

    bool Exists { get; }

    /// <summary>Of an object that exists.</summary>
    DtObjectKind Kind { get; }

    /// <summary>Makes it. Of the attributes, what is valid: <see cref="DtAttributes.Mode"/> must be. Nlink is 2 for a
    /// directory and 1 else, unless given; a directory is empty, "." and ".." are inserted like other names. EEXIST.
    /// Declared with <see cref="DtTransaction.DeclareCreate"/>.</summary>
    Errno Create(DtTransaction transaction, in DtAttributes attributes, in DtObjectFormat format);

    /// <summary>Ends it with all it has, whatever its nlink. Memory lent for reading stays until given back.</summary>
    Errno Destroy(DtTransaction transaction);

    /// <summary>All attributes.</summary>
    Errno GetAttributes(out DtAttributes attributes);

    /// <summary>Changes the valid ones. EFBIG: the size.</summary>
    Errno SetAttributes(DtTransaction transaction, in DtAttributes attributes);

    /// <summary>Nlink + 1. EMLINK.</summary>
    Errno AddReference(DtTransaction transaction);

    /// <summary>Nlink − 1, not below 0.</summary>
    Errno DropReference(DtTransaction transaction);

    /// <summary>Number of the last transaction that changed it, for version-based recovery and data versions; 0 for
    /// none. Kept for whoever sets it.</summary>
    ulong Version { get; }

    Errno SetVersion(DtTransaction transaction, ulong version);

    /// <summary>Copies the value of an extended attribute out, and returns its length; with an empty
    /// <paramref name="into"/> just the length. ENODATA: there is none; ERANGE: <paramref name="into"/> is too
    /// short.</summary>
    /// <param name="name">With its prefix: <c>"trusted.lov"u8</c> (<see cref="DtXattr"/>).</param>
    /// <param name="into">Where to.</param>
    Result<int> GetXattr(ReadOnlySpan<byte> name, Span<byte> into);

    /// <summary>EEXIST, ENODATA after the flags; E2BIG, or ENOSPC where it was not declared with
    /// <see cref="DtTransaction.DeclareXattr"/>.</summary>
    Errno SetXattr(
        DtTransaction transaction, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value,
        DtXattrFlags flags = DtXattrFlags.None);

    /// <summary>ENODATA: there is none.</summary>
    Errno DeleteXattr(DtTransaction transaction, ReadOnlySpan<byte> name);

    /// <summary>The names, each with a NUL behind it, in order of bytes; returns and refuses as
    /// <see cref="GetXattr"/>.</summary>
    Result<int> ListXattrs(Span<byte> into);
}
