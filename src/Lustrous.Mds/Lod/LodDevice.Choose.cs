using System.Runtime.InteropServices;
using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Lod;

// Layouts for new files, and defaults of directories.
public sealed partial class LodDevice
{
    const int MaxObjectsOnOst = 32;

    public async ValueTask<Result<LodLayout>> ChooseAsync(
        Fid file, ReadOnlyMemory<byte> wanted, ReadOnlyMemory<byte> inherited, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> composite = !wanted.IsEmpty ? wanted : inherited;
        if (LovCompositeEa.IsComposite(composite.Span))
        {
            Result<LovUserCompositeEa> parts = LovUserCompositeEa.Parse(composite.Span);
            if (!parts.Failed)
                return await ChooseCompositeAsync(file, parts.Value, !wanted.IsEmpty, cancel);
            // What a directory has that is not understood here does not keep files from being made.
            if (!wanted.IsEmpty)
                return parts.Error;
            inherited = default;
        }
        Result<LovUserEa> merged = Merge(wanted.Span, inherited.Span);
        if (merged.Failed)
            return merged.Error;
        var stripes = new List<LodStripe>(Math.Max(1, merged.Value.Osts.Count));
        Errno status = await ReserveStripesAsync(merged.Value, !wanted.IsEmpty, stripes, cancel);
        if (status != Errno.OK)
        {
            GiveBack(stripes);
            return status;
        }
        LovEa layout = Build(file, merged.Value, stripes);
        return new LodLayout(layout.ToArray(), layout.Objects, stripes);
    }

    ValueTask<Errno> ReserveStripesAsync(
        LovUserEa request, bool isOwnWish, List<LodStripe> stripes, CancellationToken cancel) =>
        request.Osts.Count > 0
            ? ReserveListedAsync(request, stripes, cancel)
            : ReserveAsync(request, isOwnWish, stripes, cancel);

    public Result<LodLayout> Recall(ReadOnlySpan<byte> lov)
    {
        if (LengthOf(lov) is not { } length)
            return Errno.EINVAL;
        Result<LovOstDataV1[]> objects = ObjectsOf(lov[..length]);
        Result<List<LodStripe>> stripes = StripesOf(lov[..length]);
        // What only asks for a layout has no objects.
        if (objects.Failed || stripes.Failed || objects.Value.Length == 0
            || stripes.Value.Count != objects.Value.Length)
            return Errno.EINVAL;
        return new LodLayout(lov[..length].ToArray(), objects.Value, stripes.Value) { IsRecalled = true };
    }

    /// <summary>Bytes of a layout, behind which there may be more room than it takes; null: it is none.</summary>
    static int? LengthOf(ReadOnlySpan<byte> lov)
    {
        if (LovCompositeEa.IsComposite(lov))
            return LovCompositeEa.Parse(lov) is { Failed: false } composite ? composite.Value.ToArray().Length : null;
        return LovEa.Parse(lov) is { Failed: false } plain ? plain.Value.Size : null;
    }

    public Result<byte[]> CheckDirectoryDefault(ReadOnlySpan<byte> wanted)
    {
        if (LovCompositeEa.IsComposite(wanted))
            return CheckCompositeDefault(wanted);
        Result<LovUserEa> parsed = LovUserEa.Parse(wanted);
        if (parsed.Failed)
            return IsOtherKind(wanted) ? Errno.EOPNOTSUPP : parsed.Error;
        LovUserEa request = parsed.Value;
        if (request.IsDefault)
            return Array.Empty<byte>();
        // One object a directory cannot have, and a file that starts on an OST that is not there could not be made.
        if (CheckOsts(request) is var error and not Errno.OK)
            return error;
        return (request with { Pattern = request.Pattern | LovPattern.RAID0 }).ToArray();
    }

    Errno CheckOsts(LovUserEa request)
    {
        if (request.Osts.Count > 0)
            return CheckListed(request);
        return request.StripeOffset != LovUserEa.AnyOffset && FindOst(request.StripeOffset) is null
            ? Errno.EINVAL
            : Errno.OK;
    }

    /// <summary>What the file asks for, then its directory, then the default (lod_ah_init,
    /// lod_qos_parse_config).</summary>
    Result<LovUserEa> Merge(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> inherited)
    {
        LovUserEa result = Default;
        // What a directory has that is not understood here does not keep files from being made.
        if (!inherited.IsEmpty && LovUserEa.Parse(inherited) is { Failed: false } fromParent)
            result = Over(fromParent.Value, result);
        if (wanted.IsEmpty)
            return result;
        Result<LovUserEa> own = LovUserEa.Parse(wanted);
        if (own.Failed)
            return IsOtherKind(wanted) ? Errno.EOPNOTSUPP : own.Error;
        return Over(own.Value, result);
    }

    static LovUserEa Over(LovUserEa upper, LovUserEa lower) => new()
    {
        // Several stripes on one OST only where the number of stripes was asked for.
        Pattern = (upper.StripeCount != 0 || upper.Osts.Count > 0 ? upper : lower).Pattern | LovPattern.RAID0,
        StripeCount = upper.StripeCount != 0 ? upper.StripeCount : lower.StripeCount,
        StripeSize = upper.StripeSize != 0 ? upper.StripeSize : lower.StripeSize,
        StripeOffset = upper.StripeOffset != LovUserEa.AnyOffset || upper.Osts.Count > 0
            ? upper.StripeOffset
            : lower.StripeOffset,
        PoolName = upper.PoolName.Length > 0 ? upper.PoolName : lower.PoolName,
        Osts = upper.Osts.Count > 0 || upper.StripeCount != 0 || upper.StripeOffset != LovUserEa.AnyOffset
            ? upper.Osts
            : lower.Osts,
    };

    /// <summary>A layout that Lustre knows and this file system does not make: foreign, or data on the MDT.</summary>
    static bool IsOtherKind(ReadOnlySpan<byte> ea) =>
        MemoryMarshal.TryRead(ea, out LovUserMagic magic)
        && (magic == LovUserMagic.FOREIGN
            || (MemoryMarshal.TryRead(ea, out LovUserMdV1 head) && (head.Pattern & LovPattern.MDT) != 0));

    /// <summary>Exactly these OSTs (lod_alloc_ost_list).</summary>
    async ValueTask<Errno> ReserveListedAsync(
        LovUserEa request, List<LodStripe> stripes, CancellationToken cancel)
    {
        if (CheckListed(request) is var error and not Errno.OK)
            return error;
        foreach (uint index in request.Osts)
        {
            OspDevice ost = FindOst(index)!;
            Result<Fid> fid = await ost.ReserveAsync(cancel);
            if (fid.Failed)
                return fid.Error;
            stripes.Add(new LodStripe(ost, fid.Value));
        }
        return Errno.OK;
    }

    Errno CheckListed(LovUserEa request)
    {
        IReadOnlyList<uint> indexes = request.Osts;
        bool mayRepeat = (request.Pattern & LovPattern.OVERSTRIPING) != 0;
        for (int i = 0; i < indexes.Count; i++)
        {
            if (FindOst(indexes[i]) is null)
                return Errno.ENODEV;
            // Two stripes on one OST are overstriping, which is asked for otherwise.
            for (int j = 0; j < i; j++)
            {
                if (indexes[j] == indexes[i] && !mayRepeat)
                    return Errno.EINVAL;
            }
        }
        return Errno.OK;
    }

    /// <summary>As many as wanted: first where objects wait, then where they have to be waited for.</summary>
    async ValueTask<Errno> ReserveAsync(
        LovUserEa request, bool isOwnWish, List<LodStripe> stripes, CancellationToken cancel)
    {
        OspDevice[] osts = _osts;
        bool mayRepeat = (request.Pattern & LovPattern.OVERSTRIPING) != 0;
        int most = mayRepeat ? MaxOverstripes(osts.Length) : osts.Length;
        int wanted = Math.Min(
            request.StripeCount >= LovConst.ALL_STRIPES_WIDE ? osts.Length : request.StripeCount, most);
        if (wanted == 0)
            return Errno.ENOSPC;
        List<OspDevice> order;
        if (request.StripeOffset == LovUserEa.AnyOffset)
        {
            order = _choice.Order(osts, wanted);
        }
        else
        {
            int start = Array.FindIndex(osts, ost => ost.Index == request.StripeOffset);
            if (start < 0)
                return Errno.EINVAL;
            order = [.. osts[start..], .. osts[..start]];
            order.RemoveAll(static ost => !LodChoice.IsFit(ost));
        }
        bool isAll = request.StripeCount >= LovConst.ALL_STRIPES_WIDE;
        Errno status = await ReserveInOrderAsync(order, wanted, stripes, cancel);
        while (mayRepeat && status == Errno.OK && stripes.Count < wanted && stripes.Count > 0)
        {
            int before = stripes.Count;
            status = await ReserveInOrderAsync(order, wanted, stripes, cancel);
            if (stripes.Count == before)
                break;
        }
        // Who asked for a number himself gets three quarters of it at least, or all there are.
        int least = isOwnWish && !isAll ? Math.Max(1, wanted - wanted / 4) : 1;
        if (stripes.Count >= Math.Min(least, Math.Max(1, order.Count)))
            return Errno.OK;
        if (status != Errno.OK)
            return status;
        // None of them can be reached: that may pass. They are all full: that is for the user to settle.
        return Array.Exists(osts, static ost => ost.IsConnected) ? Errno.ENOSPC : Errno.EAGAIN;
    }

    static async ValueTask<Errno> ReserveInOrderAsync(
        List<OspDevice> order, int wanted, List<LodStripe> stripes, CancellationToken cancel)
    {
        List<OspDevice>? slow = null;
        foreach (OspDevice ost in order)
        {
            if (stripes.Count == wanted)
                return Errno.OK;
            if (ost.TryReserve(out Fid fid))
                stripes.Add(new LodStripe(ost, fid));
            else
                (slow ??= []).Add(ost);
        }
        Errno status = Errno.OK;
        foreach (OspDevice ost in slow ?? [])
        {
            if (stripes.Count == wanted)
                return Errno.OK;
            Result<Fid> fid = await ost.ReserveAsync(cancel);
            if (fid.Failed)
                status = fid.Error == Errno.ENOSPC || status == Errno.OK ? fid.Error : status;
            else
                stripes.Add(new LodStripe(ost, fid.Value));
        }
        return status;
    }

    /// <summary>Objects of one file on one OST at most, and as many as its layout has room for
    /// (LOV_MAX_OVERSTRIPE…, lod_get_stripe_count).</summary>
    static int MaxOverstripes(int osts) => Math.Min(LovConst.MAX_STRIPE_COUNT, osts * MaxObjectsOnOst);

    static LovEa Build(Fid file, LovUserEa request, List<LodStripe> stripes)
    {
        var objects = new LovOstDataV1[stripes.Count];
        bool repeats = false;
        for (int i = 0; i < objects.Length; i++)
        {
            uint index = stripes[i].Ost.Index;
            for (int j = 0; j < i && !repeats; j++)
                repeats = objects[j].Index == index;
            objects[i] = new LovOstDataV1 { ObjectId = new OstId(stripes[i].Fid), Index = index };
        }
        return new LovEa
        {
            Magic = request.PoolName.Length > 0 ? LovMagic.V3 : LovMagic.V1,
            Pattern = LovPattern.RAID0 | (repeats ? LovPattern.OVERSTRIPING : 0),
            FileId = LovEa.FileIdOf(file),
            StripeSize = request.StripeSize,
            StripeCount = (ushort)objects.Length,
            PoolName = request.PoolName,
            Objects = objects,
        };
    }
}
