using System.Runtime.InteropServices;

namespace Lustrous.Fuzz.Tests;

/// <summary>
/// Memory whose last byte is the last of a page, with an inaccessible page behind: a decoder that reads one byte too
/// far ends
/// the process, instead of finding a stranger's bytes there.
/// </summary>
sealed unsafe partial class GuardedInput : IDisposable
{
    public const int MaxLength = 1 << 20;

    const int PageSize = 4096;
    const int ProtNone = 0, ProtReadWrite = 3, MapPrivateAnonymous = 0x22;

    readonly byte* _start;

    public GuardedInput()
    {
        nint memory = Map(0, MaxLength + PageSize, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        if (memory == -1 || Protect(memory + MaxLength, PageSize, ProtNone) != 0)
            throw new InvalidOperationException($"mmap: errno {Marshal.GetLastPInvokeError()}");
        _start = (byte*)memory;
    }

    /// <summary>The last <paramref name="length"/> bytes before the guard.</summary>
    public Span<byte> Take(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)MaxLength);
        return new(_start + MaxLength - length, length);
    }

    public void Dispose() => _ = Unmap((nint)_start, MaxLength + PageSize);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nint length);
}
