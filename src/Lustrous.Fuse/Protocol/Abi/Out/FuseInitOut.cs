using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>What both sides will use (<c>struct fuse_init_out</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseInitOut
{
    public const int WireSize = 64;

    public uint Major, Minor;
    public uint MaxReadahead;            // bytes
    public uint Flags;
    public ushort MaxBackground, CongestionThreshold; // requests
    public uint MaxWrite;                // bytes
    public uint TimeGranularity;         // nanoseconds
    public ushort MaxPages;              // of one request
    public ushort MapAlignment;
    public uint Flags2;
    public uint MaxStackDepth;
    public ushort RequestTimeout;        // seconds
    public ushort Unused0;
    public uint Unused1, Unused2, Unused3, Unused4, Unused5;
}
