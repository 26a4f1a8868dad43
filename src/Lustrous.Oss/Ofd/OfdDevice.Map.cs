using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm.Server;
using Lustrous.Idl.Ldlm;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Oss.Ofd;

// Which bytes of an object there are (fiemap), and advice on them.
public sealed partial class OfdDevice
{
    /// <summary>Extents in one answer at most: what fits into a message.</summary>
    const int MaxExtents = 16_000;

    /// <summary>
    /// OST_GET_INFO with the key "fiemap" (ofd_fiemap_get): runs of data, whose place on a disk nobody can use. Dirty
    /// data of clients is written first where they say that they hold no lock (OBD_FL_SRVLOCK).
    /// </summary>
    async ValueTask<Errno> GetFiemapAsync(ServerRequest request, CancellationToken cancel)
    {
        RequestCapsule capsule = request.Capsule;
        capsule.Extend(RequestFormats.OstGetInfoFiemap);
        if (!capsule.TryGet(Rmf.FiemapKey, MessageSide.Request, out LlFiemapInfoKey key)
            || key.Fiemap.ExtentCount > MaxExtents || key.Fiemap.Start > long.MaxValue)
            return Errno.EPROTO;
        Result<Fid> fid = key.Attributes.ObjectId.ToFid(Options.Index);
        if (fid.Failed || key.Attributes.ObjectId.Id == 0 || !(fid.Value.IsNormal || fid.Value.IsIdif))
            return Errno.EPROTO;
        ulong last = key.Fiemap.Length > long.MaxValue - key.Fiemap.Start
            ? long.MaxValue
            : key.Fiemap.Start + Math.Max(key.Fiemap.Length, 1) - 1;
        Result<ServerLock?> locked = await LockForRequestAsync(
            key.Attributes, fid.Value, key.Fiemap.Start, last, LockMode.PR, cancel);
        if (locked.Failed)
            return locked.Error;
        Result<IDtObject> found = _storage.Find(fid.Value);
        Errno status = found.Failed ? found.Error : PackFiemap(request, found.Value, key.Fiemap, last);
        Release(locked.Value);
        return status;
    }

    static Errno PackFiemap(ServerRequest request, IDtObject o, Fiemap asked, ulong last)
    {
        int headSize = Unsafe.SizeOf<Fiemap>(), extentSize = Unsafe.SizeOf<FiemapExtent>();
        request.Capsule.SetSize(
            Rmf.FiemapVal, MessageSide.Reply, headSize + (int)asked.ExtentCount * extentSize);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        Span<byte> value = request.Capsule.GetBytes(Rmf.FiemapVal, MessageSide.Reply);
        Span<FiemapExtent> extents = MemoryMarshal.Cast<byte, FiemapExtent>(value[headSize..]);
        asked.MappedExtents = 0;
        ulong at = asked.Start;
        // Asked for none, a client wants to know how many there are.
        while (at <= last && (asked.ExtentCount == 0 || asked.MappedExtents < asked.ExtentCount))
        {
            Result<long> data = o.Seek((long)at, hole: false);
            if (data.Error == Errno.ENXIO || (!data.Failed && (ulong)data.Value > last))
                break;
            Result<long> hole = data.Failed ? data : o.Seek(data.Value, hole: true);
            if (hole.Failed)
                return hole.Error;
            if (asked.ExtentCount > 0)
            {
                extents[(int)asked.MappedExtents] = new FiemapExtent
                {
                    Logical = (ulong)data.Value,
                    Length = (ulong)(hole.Value - data.Value),
                    Flags = FiemapExtentFlags.UNKNOWN
                        | (o.Seek(hole.Value, hole: false).Failed ? FiemapExtentFlags.LAST : 0),
                };
            }
            asked.MappedExtents++;
            at = (ulong)hole.Value;
        }
        MemoryMarshal.Write(value, asked);
        return Errno.OK;
    }

    /// <summary>
    /// OST_LADVISE (ofd_ladvise_hdl): a client says what it will do with a range. Everything is as near as it can be
    /// here, so there is nothing to fetch or to drop; what makes no sense is refused all the same.
    /// </summary>
    async ValueTask<Errno> LadviseAsync(ServerRequest request, CancellationToken cancel)
    {
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out Fid fid) is var error and not Errno.OK)
            return error;
        const LadviseFlags known = LadviseFlags.ASYNC | LadviseFlags.UNSET;
        if (!request.Capsule.TryGet(Rmf.OstLadviseHdr, MessageSide.Request, out LadviseHdr header)
            || header.Magic != LadviseConst.LADVISE_MAGIC || header.Count < 1 || (header.Flags & ~known) != 0
            || !request.Capsule.TryGetArray(Rmf.OstLadvise, MessageSide.Request, out Span<LuLadvise> advice)
            || advice.Length < header.Count)
            return Errno.EPROTO;
        LuLadvise[] all = advice.ToArray();
        Result<IDtObject> found = _storage.Find(fid);
        if (found.Failed)
            return found.Error;
        foreach (LuLadvise one in all)
        {
            error = one.End <= one.Start ? Errno.EPROTO : await AdviseAsync(fid, one, cancel);
            if (error != Errno.OK)
                return error;
        }
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        return Errno.OK;
    }

    async ValueTask<Errno> AdviseAsync(Fid fid, LuLadvise advice, CancellationToken cancel)
    {
        if (advice.Advice == LadviseType.Dontneed)
            return Errno.OK;
        if (advice.Advice != LadviseType.Willread)
            return Errno.EOPNOTSUPP;
        // What other clients have not written yet is what can be near: it comes here.
        Result<ServerLock?> locked = await LockAsync(fid, advice.Start, advice.End - 1, LockMode.PR, 0, cancel);
        if (locked.Failed)
            return locked.Error;
        Release(locked.Value);
        return Errno.OK;
    }
}
