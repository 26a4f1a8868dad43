using Lustrous.Obdclass.Llog;

namespace Lustrous.Obdclass.Storage;

/// <summary>An llog in the body of an object, which must exist (llog_osd).</summary>
/// <param name="dtObject">The object.</param>
public sealed class DtLlogStorage(IDtObject dtObject) : ILlogStorage
{
    public IDtObject DtObject { get; } = dtObject;

    /// <summary>What <see cref="Write"/> belongs to: a started transaction, set before writing and taken away before it
    /// stops. Its writer declares the room.</summary>
    public DtTransaction? Transaction { get; set; }

    public long SizeBytes => DtObject.GetAttributes(out DtAttributes attributes) == Errno.OK
        ? (long)attributes.Size
        : 0;

    public Errno Read(long offset, Span<byte> into)
    {
        Result<int> read = DtObject.Read(offset, into);
        if (read.Failed)
            return read.Error;
        return read.Value == into.Length ? Errno.OK : Errno.EIO;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> bytes) =>
        Transaction is { } transaction ? DtObject.Write(transaction, offset, bytes) : Errno.EROFS;
}
