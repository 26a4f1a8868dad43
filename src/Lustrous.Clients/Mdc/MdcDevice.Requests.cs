using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mdc;

// Requests without locks. Source: lustre/mdc/mdc_request.c.
public sealed partial class MdcDevice
{
    const int PathMax = 4096;

    /// <summary>Room on the MDT.</summary>
    public async ValueTask<Result<ObdStatfs>> StatfsAsync(CancellationToken cancel)
    {
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsStatfs);
        Errno status = await request.SendAsync(cancel);
        if (status != Errno.OK)
            return status;
        Result<ObdStatfs> room = request.Get(Rmf.ObdStatfs);
        return !room.Failed && room.Value.BlockSize == 0 ? Errno.EPROTO : room;
    }

    /// <summary>FID of the root, or of the directory that is to be mounted instead.</summary>
    public async ValueTask<Result<Fid>> GetRootAsync(string fileset, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(fileset);
        if (fileset.Length > 0 && !Import.Supports(ConnectFlags.SUBTREE))
            return Errno.EOPNOTSUPP;
        byte[] name = System.Text.Encoding.UTF8.GetBytes(fileset);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsGetRoot);
        request.SetSize(Rmf.Name, name.Length == 0 ? 0 : name.Length + 1);
        request.Set(Rmf.MdtBody, Body(default, 0, new MdCredentials(0, 0)) with { Valid = 0 });
        if (name.Length > 0)
            request.SetString(Rmf.Name, name);
        Errno status = await request.SendAsync(cancel);
        if (status != Errno.OK)
            return status;
        Result<MdtBody> body = request.Get(Rmf.MdtBody);
        if (body.Failed)
            return body.Error;
        return body.Value.Fid1.IsSane ? body.Value.Fid1 : Errno.EPROTO;
    }

    /// <summary>Attributes of an object, by FID and without a lock.</summary>
    public async ValueTask<Result<MdAnswer>> GetattrAsync(
        Fid fid, MdtValid wanted, MdCredentials caller, int easize, CancellationToken cancel)
    {
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsGetattr);
        request.RequestPortal = Portals.MDS_READPAGE_PORTAL;
        request.SetReplySize(Rmf.MdtMd, easize);
        request.SetReplySize(Rmf.Acl, (wanted & MdtValid.FLACL) != 0 ? SmallAclBytes : 0);
        request.SetReplySize(Rmf.FileEncCtx, 0);
        request.Set(Rmf.MdtBody, Body(fid, wanted, caller) with { EaDataSize = (uint)easize });
        Errno status = await request.SendAsync(cancel);
        return status == Errno.OK ? ReadAnswer(request.Capsule) : status;
    }

    /// <summary>Attributes of what a name leads to, without a lock.</summary>
    public async ValueTask<Result<MdAnswer>> GetattrNameAsync(
        MdOperation operation, MdtValid wanted, CancellationToken cancel)
    {
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsGetattrName);
        int easize = Volatile.Read(ref _defaultEaSize);
        request.SetSize(Rmf.Name, operation.Name.Length + 1);
        request.SetReplySize(Rmf.MdtMd, easize);
        request.SetReplySize(Rmf.Acl, (wanted & MdtValid.FLACL) != 0 ? SmallAclBytes : 0);
        request.SetReplySize(Rmf.FileEncCtx, 0);
        request.Set(Rmf.MdtBody, Body(operation.Fid1, wanted, operation.Caller) with
        {
            Fid2 = operation.Fid2,
            EaDataSize = (uint)easize,
        });
        request.SetString(Rmf.Name, operation.Name.Span);
        Errno status = await request.SendAsync(cancel);
        return status == Errno.OK ? ReadAnswer(request.Capsule) : status;
    }

    /// <summary>Ends an open. Whatever the answer, the handle is done with.</summary>
    /// <param name="open">The open.</param>
    /// <param name="change">Size, blocks and times that the MDT may keep lazily.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Errno> CloseAsync(MdOpenHandle open, MdSetattr change, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(open);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsClose);
        request.RequestPortal = Portals.MDS_READPAGE_PORTAL;
        request.IsModifying = true;
        request.SetReplySize(Rmf.MdtMd, Volatile.Read(ref _defaultEaSize));
        request.Set(Rmf.MdtEpoch, new MdtIoEpoch { OpenHandle = open.Handle });
        SetRecord(request, Record(change));
        // As long as the close is not durable, a restarted MDT may have the file open, or its close to be replayed.
        request.UserState = open;
        open.Closing(request);
        request.ReplayEndedCallback = static closed => ((MdOpenHandle)closed.UserState!).Drop();
        Errno status = await request.SendAsync(cancel);
        if (status != Errno.OK)
            open.Drop();
        return status;
    }

    /// <summary>Pages of a directory from a hash on, many at once.</summary>
    /// <param name="directory">Which.</param>
    /// <param name="hash">Of the first entry.</param>
    /// <param name="pages">Receives them: a multiple of 4 KiB.</param>
    /// <param name="caller">Who reads.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>Bytes that came.</returns>
    public async ValueTask<Result<int>> ReadPagesAsync(
        Fid directory, ulong hash, IoVec pages, MdCredentials caller, CancellationToken cancel)
    {
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsReadpage);
        request.RequestPortal = Portals.MDS_READPAGE_PORTAL;
        BulkDescriptor bulk = Node.TakeBulk(BulkType.PutSink, Portals.MDS_BULK_PORTAL);
        try
        {
            if (bulk.Add(pages) is var error and not Errno.OK)
                return error;
            request.Bulk = bulk;
            request.Set(Rmf.MdtBody, Body(directory, 0, caller) with
            {
                SupplementaryGid = MdCredentials.NoGroup,
                Size = hash,
                Nlink = (uint)pages.Length,
                Mode = (uint)(DirentAttrs.FID | DirentAttrs.TYPE),
            });
            Errno status = await request.SendAsync(cancel);
            if (status != Errno.OK)
                return status;
            long bytes = bulk.TransferredBytes;
            return bytes % BulkDescriptor.PageSize == 0 && bytes <= pages.Length ? (int)bytes : Errno.EPROTO;
        }
        finally
        {
            Node.ReturnBulk(bulk);
        }
    }

    /// <summary>What the MDT has done so far is on disk afterwards.</summary>
    public async ValueTask<Errno> SyncAsync(Fid fid, MdCredentials caller, CancellationToken cancel)
    {
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsSync);
        request.RequestPortal = Portals.MDS_READPAGE_PORTAL;
        request.Set(Rmf.MdtBody, Body(fid, 0, caller));
        return await request.SendAsync(cancel);
    }

    /// <summary>One attribute (FLXATTR) or the names of all (FLXATTRLS, no name).</summary>
    /// <param name="fid">Of what.</param>
    /// <param name="valid">Which.</param>
    /// <param name="name">With its prefix.</param>
    /// <param name="room">Bytes that may come; 0 asks for the length only.</param>
    /// <param name="caller">Who.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>The value and its length, which alone is set when room is 0.</returns>
    public async ValueTask<Result<(byte[] Value, int Length)>> GetxattrAsync(
        Fid fid, MdtValid valid, ReadOnlyMemory<byte> name, int room, MdCredentials caller, CancellationToken cancel)
    {
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsGetxattr);
        request.SetSize(Rmf.Name, name.IsEmpty ? 0 : name.Length + 1);
        request.SetSize(Rmf.Eadata, 0);
        request.SetSize(Rmf.SelinuxPol, 0);
        request.SetReplySize(Rmf.Eadata, room);
        request.Set(Rmf.MdtBody, Body(fid, valid, caller) with { EaDataSize = (uint)room });
        if (!name.IsEmpty)
            request.SetString(Rmf.Name, name.Span);
        Errno status = await request.SendAsync(cancel);
        if (status != Errno.OK)
            return status;
        Result<MdtBody> body = request.Get(Rmf.MdtBody);
        if (body.Failed)
            return body.Error;
        int length = (int)Math.Min(body.Value.EaDataSize, int.MaxValue);
        if (room == 0)
            return (Array.Empty<byte>(), length);
        ReadOnlySpan<byte> value = request.GetBytes(Rmf.Eadata);
        return value.Length < length ? Errno.EPROTO : (value[..length].ToArray(), length);
    }

    /// <summary>Path of an object below the root of the file system (<c>mdc_ioc_fid2path</c>).</summary>
    public async ValueTask<Result<string>> FidToPathAsync(Fid fid, Fid root, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> key = "fid2path\0\0\0\0\0\0\0\0"u8.ToArray();
        int head = Unsafe.SizeOf<GetInfoFid2Path>();
        var question = new GetInfoFid2Path { Fid = fid, PathLength = PathMax };
        var bytes = new byte[key.Length + head + Unsafe.SizeOf<Fid>()];
        key.Span.CopyTo(bytes);
        MemoryMarshal.Write(bytes.AsSpan(key.Length), in question);
        MemoryMarshal.Write(bytes.AsSpan(key.Length + head), in root);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsFid2path);
        request.SetSize(Rmf.GetinfoKey, bytes.Length);
        request.SetReplySize(Rmf.GetinfoVal, head + PathMax);
        request.SetBytes(Rmf.GetinfoKey, bytes);
        request.Set(Rmf.GetinfoVallen, (uint)(head + PathMax));
        Errno status = await request.SendAsync(cancel);
        if (status != Errno.OK)
            return status;
        ReadOnlySpan<byte> value = request.GetBytes(Rmf.GetinfoVal);
        if (value.Length <= head)
            return Errno.EPROTO;
        ReadOnlySpan<byte> path = value[head..];
        int end = path.IndexOf((byte)0);
        return end < 0 ? Errno.EPROTO : System.Text.Encoding.UTF8.GetString(path[..end]);
    }
}
