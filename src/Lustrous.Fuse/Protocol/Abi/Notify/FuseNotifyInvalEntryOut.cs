using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>
/// A name is no longer to be believed; it follows, ended by a zero byte (<c>struct fuse_notify_inval_entry_out</c>).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseNotifyInvalEntryOut
{
    public const int WireSize = 16;

    public ulong Parent;
    public uint NameLength;
    public uint Flags;                   // 1: only ask again, keep what is in use (FUSE_EXPIRE_ONLY)
}
