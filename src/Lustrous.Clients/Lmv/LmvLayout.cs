using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;

namespace Lustrous.Clients.Lmv;

/// <summary>
/// How the names of a directory lie on its stripes, which may be on several MDTs (<c>struct lmv_stripe_md</c>).
/// Immutable.
/// </summary>
/// <remarks>Source: lmv_unpack_md_v1 and __lmv_name_to_stripe_index of lustre/lmv and lustre_lmv.h.</remarks>
public sealed class LmvLayout
{
    readonly Fid[] _stripes;
    readonly LmvHashType _hash;
    readonly LmvHashType _oldHash;      // of a directory whose layout changes: before (or, of a merge, after) that
    readonly int _offset;

    LmvLayout(in LmvMdsMdV1 head, Fid[] stripes)
    {
        _stripes = stripes;
        (_hash, _oldHash, _offset) = (head.HashType, head.MigrateHash, (int)head.MigrateOffset);
        Version = head.LayoutVersion;
    }

    /// <summary>The stripes, in order; one that was lost is zero.</summary>
    public ReadOnlySpan<Fid> Stripes => _stripes;

    /// <summary>Changes with the layout; an MDT refuses creates of another one.</summary>
    public uint Version { get; }

    /// <summary>Names are moved at this moment: each is where it was, or where it will be.</summary>
    public bool IsChanging => (_hash & LmvHashTypeMasks.FLAG_LAYOUT_CHANGE) != 0;

    /// <summary>Nobody knows where a name should be: it is looked for everywhere, and none is made.</summary>
    public bool IsBad => (_hash & LmvHashType.FLAG_BAD_TYPE) != 0 || LmvHash.Stripe(_hash, "a"u8, 2) < 0;

    /// <summary>How many places a name may be in: see <see cref="Place"/>.</summary>
    public int Attempts => IsBad ? _stripes.Length : IsChanging ? 2 : 1;

    /// <summary>Reads a directory's layout EA; null for one without stripes.</summary>
    /// <returns>EPROTO when it is none; ENODATA for a foreign directory, which has no names here.</returns>
    public static Errno Parse(ReadOnlySpan<byte> ea, out LmvLayout? layout)
    {
        layout = null;
        if (ea.IsEmpty)
            return Errno.OK;
        if (ea.Length < sizeof(uint))
            return Errno.EPROTO;
        LmvMagic magic = MemoryMarshal.Read<LmvMagic>(ea);
        if (magic is LmvMagic.MAGIC_STRIPE)
            return Errno.OK;        // a stripe itself
        if (magic is LmvMagic.MAGIC_FOREIGN)
            return Errno.ENODATA;
        if (magic is not LmvMagic.MAGIC_V1 || !MemoryMarshal.TryRead(ea, out LmvMdsMdV1 head))
            return Errno.EPROTO;
        if (head.StripeCount == 0)
            return Errno.OK;
        int start = Unsafe.SizeOf<LmvMdsMdV1>();
        if (head.StripeCount > LmvConst.MAX_STRIPE_COUNT
            || ea.Length < start + ((int)head.StripeCount * Unsafe.SizeOf<Fid>()))
            return Errno.EPROTO;
        Fid[] stripes = MemoryMarshal.Cast<byte, Fid>(ea[start..])[..(int)head.StripeCount].ToArray();
        bool isChanging = (head.HashType & LmvHashTypeMasks.FLAG_LAYOUT_CHANGE) != 0;
        if (isChanging && (head.MigrateOffset == 0 || head.MigrateOffset >= head.StripeCount))
            return Errno.EPROTO;
        layout = new LmvLayout(head, stripes);
        return Errno.OK;
    }

    /// <summary>The stripe to look for a name in, at the first, the second … attempt: of a changing directory first
    /// where it was, then where it will be.</summary>
    public int Place(ReadOnlySpan<byte> name, int attempt) =>
        IsBad ? attempt : StripeOf(name, isNew: attempt > 0 || !IsChanging);

    /// <summary>The stripe that a new name goes to; EBADF where nobody can tell.</summary>
    public Result<int> PlaceForNew(ReadOnlySpan<byte> name) => IsBad ? Errno.EBADF : StripeOf(name, isNew: true);

    int StripeOf(ReadOnlySpan<byte> name, bool isNew)
    {
        (LmvHashType hash, int count, int first) = (_hash, _stripes.Length, 0);
        if ((_hash & LmvHashType.FLAG_MIGRATION) != 0)
        {
            // The stripes that are left stand behind those that are filled.
            (hash, count, first) = isNew ? (_hash, _offset, 0) : (_oldHash, count - _offset, _offset);
        }
        else if ((_hash & LmvHashType.FLAG_SPLIT) != 0 && !isNew || (_hash & LmvHashType.FLAG_MERGE) != 0 && isNew)
        {
            (hash, count) = (_oldHash, _offset);
        }
        // Of an old hash that is not known: anywhere is as good, and what is not found there is not found.
        return first + Math.Max(0, LmvHash.Stripe(hash, name, count));
    }
}
