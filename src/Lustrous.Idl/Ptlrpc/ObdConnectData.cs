using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>What both sides of a new connection can do; only what the flags name is meant
/// (<c>struct obd_connect_data</c>).</summary>
[WireStruct("obd_connect_data", size: 192, Prefix = "ocd_")]
public partial record struct ObdConnectData
{
    public ConnectFlags ConnectFlags;   // the reply is a subset of what was asked
    public uint Version;                // OBD_OCD_VERSION: major, minor, patch, fix, a byte each
    public uint Grant;                  // bytes the client may write without asking
    public uint Index;                  // of the target
    public uint BrwSize;                // bytes of one bulk, at most
    [WireName("ocd_ibits_known")] public InodeBits InodeBitsKnown;
    [WireName("ocd_grant_blkbits")] public byte GrantBlockBits; // log2 of the backend's block size
    [WireName("ocd_grant_inobits")] public byte GrantInodeBits; // log2 of the bytes an inode takes
    [WireName("ocd_grant_tax_kb")] public ushort GrantExtentTaxKb;  // KiB of overhead an extent takes
    [WireName("ocd_grant_max_blks")] public uint GrantMaxBlocks;    // blocks of one extent, at most
    public ulong Transno;               // lowest that the client has to replay
    public uint Group;                  // MDT group
    [WireName("ocd_cksum_types")] public ChecksumTypes ChecksumTypes;
    [WireName("ocd_max_easize")] public uint MaxEaSize; // bytes of layout
    public uint Instance;               // of the target, changes when it restarts
    [WireName("ocd_maxbytes")] public ulong MaxBytes;   // largest object
    [WireName("ocd_maxmodrpcs")] public ushort MaxModifyRpcs;   // in parallel
    [WireName("ocd_conn_policy")] public byte ConnectionPolicy; // ConnectPolicyFlags
    [WireName("padding0")] public byte Padding0;
    [WireName("padding1")] public uint Padding1;
    public ConnectFlags2 ConnectFlags2;
    [WireName("ocd_compr_type")] public ulong CompressionTypes;
    [WireName("padding4")] public ulong Padding4;
    [WireName("padding5")] public ulong Padding5;
    [WireName("padding6")] public ulong Padding6;
    [WireName("padding7")] public ulong Padding7;
    [WireName("padding8")] public ulong Padding8;
    [WireName("padding9")] public ulong Padding9;
    [WireName("paddingA")] public ulong PaddingA;
    [WireName("paddingB")] public ulong PaddingB;
    [WireName("paddingC")] public ulong PaddingC;
    [WireName("paddingD")] public ulong PaddingD;
    [WireName("paddingE")] public ulong PaddingE;
    [WireName("paddingF")] public ulong PaddingF;
}
