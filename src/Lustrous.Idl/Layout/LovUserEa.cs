using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>
/// How a file shall be striped, as <c>lfs setstripe</c> asks for it and as a directory keeps it for its new files:
/// LOV_USER_MAGIC_V1, V3 (with a pool) or SPECIFIC (with the OSTs named).
/// </summary>
/// <remarks>Source: struct lov_user_md of lustre_user.h, lod_verify_v1v3 of lustre/lod/lod_lov.c.</remarks>
public sealed record LovUserEa
{
    public const ushort AllStripes = LovConst.ALL_STRIPES;

    /// <summary>Any OST may be the first.</summary>
    public const ushort AnyOffset = LovConst.OFFSET_DEFAULT;

    public LovUserMagic Magic { get; init; } = LovUserMagic.V1;

    public LovPattern Pattern { get; init; }

    /// <summary>Bytes; 0 for the file system's default.</summary>
    public uint StripeSize { get; init; }

    /// <summary>0 for the file system's default, <see cref="AllStripes"/> for all OSTs.</summary>
    public ushort StripeCount { get; init; }

    /// <summary>Index of the first OST, or <see cref="AnyOffset"/>.</summary>
    public ushort StripeOffset { get; init; } = AnyOffset;

    /// <summary>Empty for none.</summary>
    public string PoolName { get; init; } = "";

    /// <summary>SPECIFIC: indexes of the OSTs, one a stripe; else empty.</summary>
    public IReadOnlyList<uint> Osts { get; init; } = [];

    /// <summary>Asks for nothing of its own: of a directory, takes its default away.</summary>
    public bool IsDefault =>
        StripeSize == 0 && StripeCount == 0 && StripeOffset == AnyOffset && PoolName.Length == 0 && Osts.Count == 0;

    /// <returns>EINVAL when it is not of these forms or its fields are out of bounds.</returns>
    public static Result<LovUserEa> Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Unsafe.SizeOf<LovUserMdV1>())
            return Errno.EINVAL;
        var head = MemoryMarshal.Read<LovUserMdV1>(bytes);
        bool hasPool = head.Magic is LovUserMagic.V3 or LovUserMagic.SPECIFIC;
        if (!hasPool && head.Magic != LovUserMagic.V1)
            return Errno.EINVAL;
        int headerSize = hasPool ? Unsafe.SizeOf<LovUserMdV3>() : Unsafe.SizeOf<LovUserMdV1>();
        if (bytes.Length < headerSize)
            return Errno.EINVAL;
        uint[] osts = [];
        if (head.Magic == LovUserMagic.SPECIFIC)
        {
            if (head.StripeCount is 0 or > LovConst.MAX_STRIPE_COUNT
                || bytes.Length < headerSize + head.StripeCount * Unsafe.SizeOf<LovOstDataV1>())
                return Errno.EINVAL;
            ReadOnlySpan<LovOstDataV1> objects = MemoryMarshal.Cast<byte, LovOstDataV1>(
                bytes.Slice(headerSize, head.StripeCount * Unsafe.SizeOf<LovOstDataV1>()));
            osts = new uint[objects.Length];
            for (int i = 0; i < osts.Length; i++)
                osts[i] = objects[i].Index;
        }
        var result = new LovUserEa
        {
            Magic = head.Magic,
            Pattern = head.Pattern,
            StripeSize = head.StripeSize,
            StripeCount = head.StripeCount,
            StripeOffset = head.StripeOffset,
            PoolName = hasPool ? MemoryMarshal.Read<LovUserMdV3>(bytes).PoolName.ToString() : "",
            Osts = osts,
        };
        return result.IsValid ? result : Errno.EINVAL;
    }

    public byte[] ToArray()
    {
        bool hasPool = Magic is LovUserMagic.V3 or LovUserMagic.SPECIFIC;
        int headerSize = hasPool ? Unsafe.SizeOf<LovUserMdV3>() : Unsafe.SizeOf<LovUserMdV1>();
        var bytes = new byte[headerSize + Osts.Count * Unsafe.SizeOf<LovOstDataV1>()];
        MemoryMarshal.Write(bytes, new LovUserMdV1
        {
            Magic = Magic,
            Pattern = Pattern,
            StripeSize = StripeSize,
            StripeCount = StripeCount,
            StripeOffset = StripeOffset,
        });
        if (hasPool)
            MemoryMarshal.Write(bytes.AsSpan(Unsafe.SizeOf<LovUserMdV1>()), Text16.From(PoolName));
        Span<LovOstDataV1> objects = MemoryMarshal.Cast<byte, LovOstDataV1>(bytes.AsSpan(headerSize));
        for (int i = 0; i < objects.Length; i++)
            objects[i].Index = Osts[i];
        return bytes;
    }

    bool IsValid =>
        (Pattern & ~(LovPattern.RAID0 | LovPattern.OVERSTRIPING)) == 0
        && StripeSize % LovConst.MIN_STRIPE_SIZE == 0
        && (StripeCount <= LovConst.MAX_STRIPE_COUNT || StripeCount >= LovConst.ALL_STRIPES_WIDE)
        && PoolName.Length <= LovConst.MAXPOOLNAME;
}
