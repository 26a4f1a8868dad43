using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>Asks the MGS for configuration or the NID table (<c>struct mgs_config_body</c>).</summary>
[WireStruct("mgs_config_body", size: 80, Prefix = "mcb_")]
public partial record struct MgsConfigBody
{
    public Text64 Name;                 // of the file system or llog
    public ulong Offset;                // of the first record wanted
    public MgsConfigType Type;
    [WireName("mcb_nm_cur_pass"), WireName("mcb_rec_nid_size")]
    public byte NodemapPassOrNidSize;   // by Type
    public byte Bits;                   // log2 of Units
    public uint Units;                  // of pages that the client has room for
}

/// <summary>What came of it (<c>struct mgs_config_res</c>).</summary>
[WireStruct("mgs_config_res", size: 16, Prefix = "mcr_")]
public partial record struct MgsConfigRes
{
    public ulong Offset;                // where to go on
    [WireName("mcr_size"), WireName("mcr_nm_cur_pass")]
    public ulong SizeOrNodemapPass;     // bytes of the whole
}

/// <summary>A parameter to set for good, as text (<c>struct mgs_send_param</c>).</summary>
[WireStruct("mgs_send_param", size: 1024, Prefix = "mgs_")]
public partial record struct MgsSendParam
{
    public Text1024 Param;
}
