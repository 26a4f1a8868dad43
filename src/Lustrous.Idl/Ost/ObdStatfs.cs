using Lustrous.Idl.Mdt;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Room on a target (<c>struct obd_statfs</c>).</summary>
[WireStruct("obd_statfs", size: 144, Prefix = "os_")]
public partial record struct ObdStatfs
{
    public ulong Type;
    public ulong Blocks;                // of BlockSize
    [WireName("os_bfree")] public ulong BlocksFree;
    [WireName("os_bavail")] public ulong BlocksAvailable;
    public ulong Files;
    [WireName("os_ffree")] public ulong FilesFree;
    public Array40<byte> Fsid;
    [WireName("os_bsize")] public uint BlockSize;   // bytes
    [WireName("os_namelen")] public uint NameLength;
    public ulong Maxbytes;
    public StatfsState State;
    [WireName("os_fprecreated")] public uint FilesPrecreated;
    public uint Granted;
    public uint Spare3;
    public uint Spare4;
    public uint Spare5;
    public uint Spare6;
    public uint Spare7;
    public uint Spare8;
    public uint Spare9;
}
