using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// MDS_GET_INFO: the path of a FID (mdt_fid2path, mdt_path of lustre/mdt/mdt_handler.c).
public sealed partial class MdtDevice
{
    /// <summary>Bytes of a path at most (<c>PATH_MAX</c>).</summary>
    const int MaxPathLength = 4096;

    static ReadOnlySpan<byte> Fid2PathKey => "fid2path"u8;

    Errno GetInfo(ServerRequest request)
    {
        RequestCapsule capsule = request.Capsule;
        RequestFormat format = FormatSelector.OfRequest(capsule.Request)!;
        if (format != RequestFormats.MdsFid2path)
            return Errno.EOPNOTSUPP;
        capsule.SetFormat(format);
        int headSize = Unsafe.SizeOf<GetInfoFid2Path>();
        // The question follows the key, at the next multiple of eight (mdc_ioc_fid2path).
        ReadOnlySpan<byte> key = capsule.GetBytes(Rmf.GetinfoKey, MessageSide.Request);
        int start = (Fid2PathKey.Length + 1 + 7) & ~7;
        if (!capsule.TryGet(Rmf.GetinfoVallen, MessageSide.Request, out uint room) || key.Length < start + headSize
            || room < headSize || room > headSize + MaxPathLength + Unsafe.SizeOf<Fid>())
            return Errno.EPROTO;
        var question = MemoryMarshal.Read<GetInfoFid2Path>(key[start..]);
        if (capsule.IsSwabbed(MessageSide.Request))
            question = GetInfoFid2Path.Swab(question);
        if (question.PathLength > room - headSize)
            return Errno.EPROTO;
        Fid root = key.Length >= start + headSize + Unsafe.SizeOf<Fid>()
            ? MemoryMarshal.Read<Fid>(key[(start + headSize)..])
            : Fid.Root;
        Span<byte> path = stackalloc byte[MaxPathLength];
        Errno error = FindPath(question, root.IsZero ? Fid.Root : root, path, out int begin);
        if (error != Errno.OK)
            return error;
        path = path[begin..];
        if (path.Length + 1 > question.PathLength)
            return Errno.EOVERFLOW;
        capsule.SetSize(Rmf.GetinfoVal, MessageSide.Reply, (int)room);
        error = request.PackReply();
        if (error != Errno.OK)
            return error;
        Span<byte> value = capsule.GetBytes(Rmf.GetinfoVal, MessageSide.Reply);
        value.Clear();
        MemoryMarshal.Write(value, question);
        path.CopyTo(value[headSize..]);
        return Errno.OK;
    }

    /// <summary>Goes from an object up to the root by the names that objects keep, and writes the path from the end of
    /// the buffer backwards.</summary>
    Errno FindPath(in GetInfoFid2Path question, Fid root, Span<byte> path, out int begin)
    {
        begin = path.Length;
        Result<IDtObject> found = _mdd.Find(question.Fid);
        if (found.Failed)
            return found.Error;
        IDtObject o = found.Value;
        uint number = question.LinkNumber;
        Span<byte> name = stackalloc byte[256];
        while (o.Fid != root && !o.Fid.IsRoot)
        {
            Result<int> length = MddDevice.GetLink(o, (int)number, out Fid parent, name);
            if (length.Failed)
                return length.Error;
            number = 0;     // which of several names is a question of the object itself only
            if (length.Value + 1 > begin)
                return Errno.ENAMETOOLONG;
            begin -= length.Value;
            name[..length.Value].CopyTo(path[begin..]);
            o = Storage.Locate(parent);
            if (o.Fid != root && !o.Fid.IsRoot)
                path[--begin] = (byte)'/';
        }
        return o.Fid == root ? Errno.OK : Errno.EXDEV;
    }
}
