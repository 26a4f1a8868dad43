using Lustrous.Idl.Mgs;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>CONFIGS/mountdata: what mkfs.lustre leaves for the mount (<c>struct lustre_disk_data</c>).</summary>
[WireStruct("lustre_disk_data", size: 12288, Prefix = "ldd_", Opaque = true)]
public partial record struct LustreDiskData
{
    public uint Magic;
    public uint FeatureCompat;
    [WireName("ldd_feature_rocompat")] public uint FeatureRoCompat;
    public uint FeatureIncompat;
    [WireName("ldd_config_ver")] public uint ConfigVersion;
    public LddFlags Flags;
    [WireName("ldd_svindex")] public uint ServiceIndex;
    public LddMountType MountType;
    [WireName("ldd_fsname")] public Text64 FsName;
    [WireName("ldd_svname")] public Text64 ServiceName;
    public Text40 Uuid;
    [WireName("ldd_userdata")] public Text824 UserData;
    public Array3072<byte> Padding;
    public Text4096 MountOpts;
    public Text4096 Params;
}
