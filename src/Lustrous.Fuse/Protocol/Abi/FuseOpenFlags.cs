namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>How the kernel treats an open file or directory (<c>FOPEN_*</c>).</summary>
[Flags]
public enum FuseOpenFlags : uint
{
    None = 0,
    DirectIo = 1 << 0,                 // bypass the page cache
    KeepCache = 1 << 1,                // pages of earlier opens stay
    NonSeekable = 1 << 2,
    CacheDir = 1 << 3,                 // lines of the directory may be kept
    Stream = 1 << 4,
    NoFlush = 1 << 5,                  // no FLUSH at close
    ParallelDirectWrites = 1 << 6,
    Passthrough = 1 << 7,
}
