using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Disk.Store;

/// <summary>An object in the store: attributes, and what it takes to find and to account the rest.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
struct DiskObjectRecord
{
    /// <summary>In the store; extended attributes may follow.</summary>
    public static int StoredSize => Unsafe.SizeOf<DiskObjectRecord>();

    /// <summary>The object's own for ever: of its other keys, and of its file.</summary>
    public ulong Number;
    public DtObjectKind Kind;
    public DiskObjectFlags Flags;

    /// <summary>log2 of the bytes of a piece of its body in the store; 0 while there is none.</summary>
    public byte PieceShift;
    public byte Unused;
    public int MaxKeySize, MaxRecordSize;
    public uint Mode, Uid, Gid, ProjectId, Nlink, Device, InodeFlags;
    public long AccessTime, ModifyTime, ChangeTime, BirthTime;
    public long Size;

    /// <summary>Blocks of 4 KiB that take room.</summary>
    public long Blocks;
    public ulong Version;

    /// <summary>Names or records, and what they are accounted with.</summary>
    public long Entries, EntryBytes;
    public long XattrBytes;
}
