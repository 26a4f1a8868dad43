namespace Lustrous.Idl.Fids;

/// <summary>What a FID's sequence says of the object.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_fid.h.</remarks>
public readonly partial record struct Fid
{
    const int IdifIndexShift = 16;
    const int IdifIdBitsInSequence = 32;

    /// <summary>The largest object number that an IDIF can hold: 48 bits.</summary>
    public const ulong MaxIdifObjectId = (1UL << 48) - 1;

    /// <summary>The root of every file system, <c>[0x200000007:0x1:0x0]</c>.</summary>
    public static Fid Root { get; } = new(FidSeq.ROOT, FidOid.ROOT);

    /// <summary>The hidden directory <c>.lustre</c> in the root.</summary>
    public static Fid DotLustre { get; } = new(FidSeq.DOT_LUSTRE, FidOid.DOT_LUSTRE);

    /// <summary><c>.lustre/fid</c>, whose names are FIDs and stand for the objects of these.</summary>
    public static Fid OpenByFid { get; } = new(FidSeq.DOT_LUSTRE, FidOid.DOT_LUSTRE_OBF);

    public bool IsZero => Sequence == 0 && ObjectId == 0;

    public bool IsRoot => Sequence == FidSeq.ROOT && ObjectId == FidOid.ROOT && Version == 0;

    /// <summary>Inode number and generation of a file from before 2.0.</summary>
    public bool IsIgif => IsIgifSequence(Sequence);

    /// <summary>An OST object from before 2.4: OST index and object number.</summary>
    public bool IsIdif => Sequence is >= FidSeq.IDIF and <= FidSeq.IDIF_MAX;

    /// <summary>An OST object of MDT0000 by number alone.</summary>
    public bool IsMdt0 => Sequence == FidSeq.OST_MDT0;

    public bool IsLlog => Sequence is FidSeq.LLOG or FidSeq.LLOG_NAME;

    public bool IsEcho => Sequence == FidSeq.ECHO;

    public bool IsQuota => Sequence is FidSeq.QUOTA or FidSeq.QUOTA_GLB;

    /// <summary>From a sequence that was given to a client or server.</summary>
    public bool IsNormal => Sequence >= FidSeq.NORMAL;

    /// <summary>Under <c>.lustre</c>.</summary>
    public bool IsDotLustre => Sequence == FidSeq.DOT_LUSTRE;

    /// <summary>Whether it can name an object at all; what a peer sends is refused otherwise.</summary>
    public bool IsSane =>
        Sequence >= FidSeq.START && Version == 0 || IsIgif || IsIdif
        || Sequence is > FidSeq.OST_MDT0 and <= FidSeq.RSVD;

    /// <summary>A file or directory that a client may name.</summary>
    public bool IsNamespaceVisible => IsMdt0 || IsIgif || IsNormal || IsRoot || IsDotLustre;

    /// <summary>IDIF only: which OST the object is on.</summary>
    public uint IdifOstIndex => (uint)(Sequence >> IdifIndexShift) & 0xFFFF;

    /// <summary>IDIF only: the object's number on its OST.</summary>
    public ulong IdifObjectId =>
        (ulong)Version << 48 | (Sequence & 0xFFFF) << IdifIdBitsInSequence | ObjectId;

    /// <summary>The FID of an OST object by number; <paramref name="objectId"/> up to 48 bits, index up to
    /// 16.</summary>
    public static Result<Fid> FromIdif(ulong objectId, uint ostIndex) => objectId > MaxIdifObjectId || ostIndex > 0xFFFF
        ? Errno.EBADF
        : new Fid(
            FidSeq.IDIF | ostIndex << IdifIndexShift | objectId >> IdifIdBitsInSequence & 0xFFFF, (uint)objectId);

    public static Fid FromIgif(uint inode, uint generation) => new(inode, generation);

    static bool IsIgifSequence(ulong sequence) => sequence is >= FidSeq.IGIF and <= FidSeq.IGIF_MAX;
}
