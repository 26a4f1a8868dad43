using System.Numerics;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Oss.Ost;

/// <summary>A read or write request, its ranges checked (tgt_io_data_unpack).</summary>
struct BrwRequest
{
    const int MaxRanges = 4096;     // PTLRPC_MAX_BRW_PAGES
    const int DescriptorShift = 16; // IOOBJ_MAX_BRW_BITS

    /// <summary>The request's obdo; a write turns it into the reply's.</summary>
    public Obdo Body;

    public Fid Fid;

    public int RangeCount;

    /// <summary>Bytes of all ranges.</summary>
    public int TotalBytes;

    /// <summary>From the first byte of any range to the last of any.</summary>
    public ulong First, Last;

    /// <summary>The client has no lock and wants one to be taken here.</summary>
    public bool WantsLock;

    /// <summary>Every range may be committed later than the reply is sent.</summary>
    public bool IsAsync;

    public readonly bool IsShort =>
        (Body.Valid & MdtValid.FLFLAGS) != 0 && (Body.Flags & ObdoFlags.SHORT_IO) != 0;

    public readonly bool HasChecksum => (Body.Valid & MdtValid.FLCKSUM) != 0;

    /// <returns>EPROTO for what a client must not send; EFAULT when some ranges want a lock and others not, or the
    /// locked ones are not in order.</returns>
    public static Errno Unpack(ServerRequest request, out BrwRequest unpacked)
    {
        unpacked = default;
        // Handlers of other portals have no room for bulk (tgt_brw_read).
        if (request.Service.Options.RequestPortal is not (Portals.OST_IO_PORTAL or Portals.MDS_IO_PORTAL))
            return Errno.EPROTO;
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out unpacked.Fid) is var error and not Errno.OK)
            return error;
        unpacked.Body = body.Attributes;
        if (!request.Capsule.TryGetArray(Rmf.ObdIoobj, MessageSide.Request, out Span<ObdIoObj> objects)
            || objects.Length != 1 || objects[0].BufferCount is 0 or > MaxRanges
            || !BitOperations.IsPow2((objects[0].MaxBrw >> DescriptorShift) + 1)
            || !request.Capsule.TryGetArray(Rmf.NiobufRemote, MessageSide.Request, out Span<NiobufRemote> ranges)
            || ranges.Length != objects[0].BufferCount)
            return Errno.EPROTO;
        return unpacked.Check(ranges);
    }

    /// <summary>The ranges, in the request's memory.</summary>
    public static Span<NiobufRemote> RangesOf(ServerRequest request) =>
        request.Capsule.GetArray(Rmf.NiobufRemote, MessageSide.Request);

    Errno Check(ReadOnlySpan<NiobufRemote> ranges)
    {
        RangeCount = ranges.Length;
        First = ulong.MaxValue;
        WantsLock = (ranges[0].Flags & BrwFlags.SRVLOCK) != 0;
        IsAsync = true;
        foreach (ref readonly NiobufRemote range in ranges)
        {
            if (range.Length == 0 || range.Length > BulkDescriptor.MaxSize - TotalBytes
                || range.Offset > (ulong)long.MaxValue - range.Length)
                return Errno.EPROTO;
            if (WantsLock != ((range.Flags & BrwFlags.SRVLOCK) != 0))
                return Errno.EFAULT;
            TotalBytes += (int)range.Length;
            First = Math.Min(First, range.Offset);
            Last = Math.Max(Last, range.Offset + range.Length - 1);
            IsAsync &= (range.Flags & BrwFlags.ASYNC) != 0;
        }
        return Errno.OK;
    }
}
