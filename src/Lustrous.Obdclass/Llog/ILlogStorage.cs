namespace Lustrous.Obdclass.Llog;

/// <summary>
/// The bytes of one llog. A storage stands for an object and the transaction it is changed in: what <see cref="Write"/>
/// takes is part of that transaction, and becomes durable with it.
/// </summary>
public interface ILlogStorage
{
    long SizeBytes { get; }

    /// <summary>Fills <paramref name="into"/> whole, or EIO; bytes beyond the end are never asked for.</summary>
    Errno Read(long offset, Span<byte> into);

    /// <summary>Writes all of <paramref name="bytes"/>, growing the object where needed; ENOSPC, EIO.</summary>
    Errno Write(long offset, ReadOnlySpan<byte> bytes);
}
