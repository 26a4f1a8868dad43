using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>A range of a file that is locked (<c>struct fuse_file_lock</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFileLock
{
    public const int WireSize = 24;

    public ulong Start;
    public ulong End;                    // the last byte
    public uint Type;                    // F_RDLCK 0, F_WRLCK 1, F_UNLCK 2
    public uint Pid;
}
