using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Sizes of directory pages, and of last_rcvd and its slots.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class MdtConst
{
    public const int LU_PAGE_SIZE = 4096;
    public const int MDS_STATUS_CONN = 1;
    public const int MDS_STATUS_LOV = 2;
    public const int LR_CLIENT_START = 8192;
    public const int LR_CLIENT_SIZE = 128;
    public const int LR_SERVER_SIZE = 512;
    public const int LR_EXPIRE_INTERVALS = 16;
}
