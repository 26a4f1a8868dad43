namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>A mapped file.</summary>
sealed unsafe class Mapping : IDisposable
{
    const int Synchronous = 4;

    readonly nint _start;
    readonly int _length;

    public Mapping(int fd, int length, int protection, int flags)
    {
        _length = length;
        _start = Sys.mmap(0, (nuint)length, protection, flags, fd, 0);
        Assert.NotEqual(-1, _start);
    }

    public Span<byte> Bytes => new((void*)_start, _length);

    public void Sync() => Assert.Equal(0, Sys.msync(_start, (nuint)_length, Synchronous));

    public void Dispose() => Assert.Equal(0, Sys.munmap(_start, (nuint)_length));
}
