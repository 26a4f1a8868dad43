namespace Lustrous.Obdclass.Storage;

/// <summary>What an object is made as (<c>enum dt_format_type</c>).</summary>
public enum DtObjectKind : byte
{
    /// <summary>Attributes and a body of bytes: files, OST objects, llogs, symlinks (the body is the target).</summary>
    Regular,

    /// <summary>Names to FIDs, iterated in order of hash.</summary>
    Directory,

    /// <summary>Keys to records, both of bytes, iterated in order of key.</summary>
    Index,

    /// <summary>Attributes only: devices, pipes, sockets.</summary>
    Node,
}

/// <summary>How to make an object (<c>struct dt_object_format</c>).</summary>
/// <param name="Kind">What it is.</param>
/// <param name="MaxKeySize">Index only: bytes of the longest key.</param>
/// <param name="MaxRecordSize">Index only: bytes of the longest record.</param>
public readonly record struct DtObjectFormat(DtObjectKind Kind, int MaxKeySize = 0, int MaxRecordSize = 0)
{
    public static DtObjectFormat Regular => new(DtObjectKind.Regular);

    public static DtObjectFormat Directory => new(DtObjectKind.Directory);

    public static DtObjectFormat Node => new(DtObjectKind.Node);

    public static DtObjectFormat Index(int maxKeySize, int maxRecordSize) =>
        new(DtObjectKind.Index, maxKeySize, maxRecordSize);

    /// <summary>The kind that suits a file of this mode.</summary>
    public static DtObjectFormat ForMode(uint mode) => (mode & DtMode.TypeMask) switch
    {
        DtMode.Directory => Directory,
        DtMode.Regular or DtMode.Symlink or 0 => Regular,
        _ => Node,
    };
}
