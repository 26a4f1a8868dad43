using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Ldlm.Client;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mdc;

// All xattrs at once, under a lock. Source: mdc_intent_getxattr_pack, ll_xattr_cache_refill.
public sealed partial class MdcDevice
{
    const int XattrCount = 16, XattrNameBytes = 20, XattrValueBytes = 250;

    /// <summary>All extended attributes and the XATTR lock; ERANGE when they are more than fit.</summary>
    public async ValueTask<Result<MdXattrs>> GetxattrsAsync(
        Fid fid, MdCredentials caller, CancellationToken cancel)
    {
        using PtlrpcRequest request = NewEnqueue(RequestFormats.LdlmIntentGetxattr);
        request.SetSize(Rmf.SelinuxPol, 0);
        request.SetReplySize(Rmf.MdtMd, 0);
        request.SetReplySize(Rmf.Acl, 0);
        request.SetReplySize(Rmf.Eadata, XattrCount * XattrNameBytes);
        request.SetReplySize(Rmf.Eavals, XattrCount * XattrValueBytes);
        request.SetReplySize(Rmf.EavalsLens, XattrCount * sizeof(uint));
        request.Set(Rmf.LdlmIntent, new LdlmIntent { Opcode = IntentOps.GETXATTR });
        request.Set(Rmf.MdtBody, Body(fid, MdtValid.FLXATTR | MdtValid.FLXATTRLS, caller) with
        {
            EaDataSize = XattrCount * XattrValueBytes,
        });
        EnqueueResult enqueued = await Locks.EnqueueAsync(
            Ask(fid, InodeBits.XATTR, LockMode.PR), request, null, cancel);
        if (Failure(enqueued) is var error and not Errno.OK)
            return error;
        Result<MdXattrs> read = ReadXattrs(request, enqueued.Lock);
        if (read.Failed)
            Drop(enqueued.Lock);
        return read;
    }

    static Result<MdXattrs> ReadXattrs(PtlrpcRequest request, ClientLock? held)
    {
        Result<MdtBody> body = request.Get(Rmf.MdtBody);
        if (body.Failed)
            return body.Error;
        // Sizes as ll_xattr_cache_refill takes them: names in eadatasize, values in aclsize, their count in max_mdsize.
        ReadOnlySpan<byte> names = request.GetBytes(Rmf.Eadata);
        ReadOnlySpan<byte> values = request.GetBytes(Rmf.Eavals);
        ReadOnlySpan<byte> lengths = request.GetBytes(Rmf.EavalsLens);
        MdtBody sizes = body.Value;
        if (names.Length < sizes.EaDataSize || values.Length < sizes.AclSize
            || lengths.Length < (long)sizes.MaxMdSize * sizeof(uint))
            return Errno.EPROTO;
        var items = new List<(byte[], byte[])>((int)sizes.MaxMdSize);
        names = names[..(int)sizes.EaDataSize];
        foreach (uint length in MemoryMarshal.Cast<byte, uint>(lengths)[..(int)sizes.MaxMdSize])
        {
            int end = names.IndexOf((byte)0);
            if (end <= 0 || length > values.Length)
                return Errno.EPROTO;
            items.Add((names[..end].ToArray(), values[..(int)length].ToArray()));
            names = names[(end + 1)..];
            values = values[(int)length..];
        }
        return new MdXattrs(items, held);
    }
}
