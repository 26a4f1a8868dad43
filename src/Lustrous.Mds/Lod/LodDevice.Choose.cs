using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Lod;

// Layouts for new files, and defaults of directories.
public sealed partial class LodDevice
{
    public async ValueTask<Result<LodLayout>> ChooseAsync(
        Fid file, ReadOnlyMemory<byte> wanted, ReadOnlyMemory<byte> inherited, CancellationToken cancel)
    {
        Result<LovUserEa> merged = Merge(wanted.Span, inherited.Span);
        if (merged.Failed)
            return merged.Error;
        LovUserEa request = merged.Value;
        var stripes = new List<LodStripe>(Math.Max(1, request.Osts.Count));
        Errno status = request.Osts.Count > 0
            ? await ReserveListedAsync(request.Osts, stripes, cancel)
            : await ReserveAsync(request, !wanted.IsEmpty, stripes, cancel);
        if (status != Errno.OK)
        {
            GiveBack(stripes);
            return status;
        }
        return Build(file, request, stripes);
    }

    public Result<byte[]> CheckDirectoryDefault(ReadOnlySpan<byte> wanted)
    {
        Result<LovUserEa> parsed = LovUserEa.Parse(wanted);
        if (parsed.Failed)
            return IsOtherKind(wanted) ? Errno.EOPNOTSUPP : parsed.Error;
        LovUserEa request = parsed.Value;
        if (request.IsDefault)
            return Array.Empty<byte>();
        // One object a directory cannot have, and a file that starts on an OST that is not there could not be made.
        if (request.Osts.Count > 0 && CheckListed(request.Osts) is var error and not Errno.OK)
            return error;
        if (request.StripeOffset != LovUserEa.AnyOffset && FindOst(request.StripeOffset) is null)
            return Errno.EINVAL;
        return (request with { Pattern = LovPattern.RAID0 }).ToArray();
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

    /// <summary>A layout that Lustre knows and this file system does not make yet: composite, foreign.</summary>
    static bool IsOtherKind(ReadOnlySpan<byte> ea) => ea.Length >= sizeof(uint)
        && (LovUserMagic)System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(ea)
            is LovUserMagic.COMP_V1 or LovUserMagic.FOREIGN or LovUserMagic.SEL;

    /// <summary>Exactly these OSTs (lod_alloc_ost_list).</summary>
    async ValueTask<Errno> ReserveListedAsync(
        IReadOnlyList<uint> indexes, List<LodStripe> stripes, CancellationToken cancel)
    {
        if (CheckListed(indexes) is var error and not Errno.OK)
            return error;
        foreach (uint index in indexes)
        {
            OspDevice ost = FindOst(index)!;
            Result<Fid> fid = await ost.ReserveAsync(cancel);
            if (fid.Failed)
                return fid.Error;
            stripes.Add(new LodStripe(ost, fid.Value));
        }
        return Errno.OK;
    }

    Errno CheckListed(IReadOnlyList<uint> indexes)
    {
        for (int i = 0; i < indexes.Count; i++)
        {
            if (FindOst(indexes[i]) is null)
                return Errno.ENODEV;
            // Two stripes on one OST are overstriping, which is asked for otherwise.
            for (int j = 0; j < i; j++)
            {
                if (indexes[j] == indexes[i])
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
        int wanted = Math.Min(
            request.StripeCount >= LovConst.ALL_STRIPES_WIDE ? osts.Length : request.StripeCount, osts.Length);
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

    static LodLayout Build(Fid file, LovUserEa request, List<LodStripe> stripes)
    {
        var objects = new LovOstDataV1[stripes.Count];
        for (int i = 0; i < objects.Length; i++)
        {
            objects[i] = new LovOstDataV1
            {
                ObjectId = new OstId(stripes[i].Fid),
                Index = stripes[i].Ost.Index,
            };
        }
        return new LodLayout(
            new LovEa
            {
                Magic = request.PoolName.Length > 0 ? LovMagic.V3 : LovMagic.V1,
                FileId = LovEa.FileIdOf(file),
                StripeSize = request.StripeSize,
                StripeCount = (ushort)objects.Length,
                PoolName = request.PoolName,
                Objects = objects,
            },
            stripes);
    }
}
