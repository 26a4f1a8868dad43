namespace Lustrous.Llite;

/// <summary>Flags of open(2), with Linux's values on x86-64.</summary>
[Flags]
public enum LliteOpenFlags : uint
{
    None = 0,
    WriteOnly = 0x1,
    ReadWrite = 0x2,
    AccessMode = 0x3,
    Create = 0x40,
    Exclusive = 0x80,
    NoCtty = 0x100,
    Truncate = 0x200,
    Append = 0x400,
    NonBlock = 0x800,
    DataSync = 0x1000,
    Async = 0x2000,
    Direct = 0x4000,
    LargeFile = 0x8000,
    Directory = 0x10000,
    NoFollow = 0x20000,
    NoAtime = 0x40000,
    Sync = 0x101000,
    /// <summary>Opened to be executed (the kernel's FMODE_EXEC).</summary>
    Execute = 0x10000000,
}
