namespace Lustrous.Obdclass.Llog;

/// <summary>An llog in memory: a copy that was fetched from a server, or one that is being built.</summary>
public sealed class MemoryLlogStorage : ILlogStorage
{
    byte[] _bytes;

    public MemoryLlogStorage() => _bytes = [];

    public MemoryLlogStorage(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes.ToArray();
        SizeBytes = bytes.Length;
    }

    public long SizeBytes { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, (int)SizeBytes);

    public Errno Read(long offset, Span<byte> into)
    {
        if (offset < 0 || offset + into.Length > SizeBytes)
            return Errno.EIO;
        _bytes.AsSpan((int)offset, into.Length).CopyTo(into);
        return Errno.OK;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (offset < 0 || offset + bytes.Length > Array.MaxLength)
            return Errno.EFBIG;
        int end = (int)offset + bytes.Length;
        if (end > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(end, _bytes.Length * 2));
        bytes.CopyTo(_bytes.AsSpan((int)offset));
        SizeBytes = Math.Max(SizeBytes, end);
        return Errno.OK;
    }
}
