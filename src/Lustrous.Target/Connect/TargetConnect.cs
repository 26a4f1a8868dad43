using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Target;

/// <summary>
/// What targets of each kind grant at most. The reply to a connect is what was asked of it and no bit more
/// (<see cref="Lustrous.Ptlrpc.Server.ConnectResult.Negotiate"/>). A flag stands here when we do what it promises.
/// </summary>
/// <remarks>MGS_, MDT_ and OST_CONNECT_SUPPORTED of include/uapi/linux/lustre/lustre_idl.h, less what we do not do yet.
/// PINGLESS is not granted: the client would stop pinging.</remarks>
public static class TargetConnect
{
    const ConnectFlags Common =
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.AT | ConnectFlags.BULK_MBITS | ConnectFlags.FLAGS2;

    const ConnectFlags Storage =
        Common | ConnectFlags.RDONLY | ConnectFlags.FID | ConnectFlags.BRW_SIZE | ConnectFlags.CANCELSET
        | ConnectFlags._64BITHASH | ConnectFlags.MAX_EASIZE | ConnectFlags.EINPROGRESS | ConnectFlags.JOBSTATS
        | ConnectFlags.LVB_TYPE | ConnectFlags.LAYOUTLOCK | ConnectFlags.LIGHTWEIGHT;

    public const ConnectFlags MgsFlags = Common | ConnectFlags.IMP_RECOV | ConnectFlags.MGS_NIDLIST;

    public const ConnectFlags2 MgsFlags2 = ConnectFlags2.REP_MBITS | ConnectFlags2.LARGE_NID;

    public const ConnectFlags MdtFlags =
        Storage | ConnectFlags.VBR | ConnectFlags.IBITS | ConnectFlags.ATTRFID | ConnectFlags.NODEVOH
        | ConnectFlags.XATTR | ConnectFlags.UMASK | ConnectFlags.LOV_V3 | ConnectFlags.OPEN_BY_FID
        | ConnectFlags.DISP_STRIPE | ConnectFlags.SUBTREE | ConnectFlags.MULTIMODRPCS | ConnectFlags.MDS_MDS
        | ConnectFlags.FLOCK_DEAD | ConnectFlags.ACL | ConnectFlags.LARGE_ACL;

    public const ConnectFlags2 MdtFlags2 =
        ConnectFlags2.REP_MBITS | ConnectFlags2.INC_XID | ConnectFlags2.LSOM | ConnectFlags2.LOCK_CONVERT
        | ConnectFlags2.BATCH_RPC | ConnectFlags2.OVERSTRIPING;

    public const ConnectFlags OstFlags =
        Storage | ConnectFlags.GRANT | ConnectFlags.GRANT_PARAM | ConnectFlags.GRANT_SHRINK | ConnectFlags.INDEX
        | ConnectFlags.CKSUM | ConnectFlags.MAXBYTES | ConnectFlags.SHORTIO | ConnectFlags.MDS
        | ConnectFlags.SKIP_ORPHAN;

    public const ConnectFlags2 OstFlags2 = ConnectFlags2.REP_MBITS | ConnectFlags2.INC_XID | ConnectFlags2.LSEEK;

    /// <summary>Inode bits that an MDT knows.</summary>
    public const InodeBits KnownInodeBits =
        InodeBits.LOOKUP | InodeBits.UPDATE | InodeBits.OPEN | InodeBits.LAYOUT | InodeBits.PERM | InodeBits.XATTR;

    /// <summary>Largest bulk: 4 MiB with OSTs, 1 MiB with MDTs (MD_MAX_BRW_SIZE).</summary>
    public const uint OstBrwSize = 4 << 20;

    public const uint MdtBrwSize = 1 << 20;

    /// <summary>Modifying requests of one client at once (<c>max_mod_rpcs_in_flight</c> of the MDT is 8).</summary>
    public const ushort MaxModifyRpcs = 8;

    public const ChecksumTypes Checksums = ChecksumTypes.CRC32 | ChecksumTypes.ADLER | ChecksumTypes.CRC32C;

    /// <summary>Flags and limits of a target of that kind.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="maxBytes">Of an object.</param>
    /// <param name="maxXattrSize">Of an extended attribute.</param>
    public static ObdConnectData Supported(TargetKind kind, ulong maxBytes, uint maxXattrSize) => new()
    {
        ConnectFlags = kind switch
        {
            TargetKind.Mgs => MgsFlags,
            TargetKind.Mdt => MdtFlags,
            _ => OstFlags,
        },
        ConnectFlags2 = kind switch
        {
            TargetKind.Mgs => MgsFlags2,
            TargetKind.Mdt => MdtFlags2,
            _ => OstFlags2,
        },
        Version = LustreVersion.Code,
        InodeBitsKnown = KnownInodeBits,
        BrwSize = kind == TargetKind.Ost ? OstBrwSize : MdtBrwSize,
        MaxModifyRpcs = MaxModifyRpcs,
        MaxEaSize = maxXattrSize,
        MaxBytes = maxBytes,
        ChecksumTypes = Checksums,
    };
}
