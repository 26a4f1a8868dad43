using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>Head of last_rcvd: what a target must not forget. Little-endian (<c>struct lr_server_data</c>).</summary>
[WireStruct("lr_server_data", size: 512, Prefix = "lsd_", Opaque = true)]
public partial record struct LrServerData
{
    public Text40 Uuid;
    public ulong LastTransno;
    public ulong Compat14;
    public ulong MountCount;
    public uint FeatureCompat;
    [WireName("lsd_feature_rocompat")] public uint FeatureRoCompat;
    public uint FeatureIncompat;
    public uint ServerSize;
    public uint ClientStart;
    public ushort ClientSize;
    public ushort SubdirCount;
    public ulong CatalogOid;
    public uint CatalogOgen;
    [WireName("lsd_peeruuid")] public Text40 PeerUuid;
    public uint OsdIndex;
    public uint MaxClients;
    public uint StartEpoch;
    public Array16<ulong> TransTable;
    public uint TransTableTime;
    public uint ExpireIntervals;
    public Array224<byte> Padding;
}

/// <summary>One client in last_rcvd. Little-endian (<c>struct lsd_client_data</c>).</summary>
[WireStruct("lsd_client_data", size: 128, Prefix = "lcd_", Opaque = true)]
public partial record struct LsdClientData
{
    public Text40 Uuid;
    public ulong LastTransno;
    public ulong LastXid;
    public uint LastResult;             // errno, negated
    public uint LastData;
    public ulong LastCloseTransno;
    public ulong LastCloseXid;
    public uint LastCloseResult;
    public uint LastCloseData;
    public Array4<ulong> PreVersions;
    public uint LastEpoch;
    public uint Generation;
}
