using System.Runtime.InteropServices;

namespace Lustrous.Libcfs;

/// <summary>
/// One run of bytes at a fixed address, laid out as the kernel's <c>struct iovec</c>, so that an array of them goes to
/// readv and writev as it is. Whoever hands one out keeps the memory alive and in place until told that it is done
/// with.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly unsafe struct IoVec(byte* start, int length) : IEquatable<IoVec>
{
    readonly byte* _start = start;
    readonly nint _length = length;

    public byte* Start => _start;

    public int Length => (int)_length;

    public Span<byte> Span => new(_start, (int)_length);

    /// <summary>The part from <paramref name="offset"/> on, <paramref name="length"/> bytes; must lie within.</summary>
    public IoVec Slice(int offset, int length)
    {
        Lassert.That((uint)offset <= (uint)Length && (uint)length <= (uint)(Length - offset));
        return new(_start + offset, length);
    }

    public bool Equals(IoVec other) => _start == other._start && _length == other._length;

    public override bool Equals(object? obj) => obj is IoVec other && Equals(other);

    public override int GetHashCode() => HashCode.Combine((nint)_start, _length);

    public static bool operator ==(IoVec left, IoVec right) => left.Equals(right);

    public static bool operator !=(IoVec left, IoVec right) => !left.Equals(right);
}
