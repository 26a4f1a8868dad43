using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mgc;

// MGS_TARGET_REG: mgc_target_register of lustre/mgc/mgc_request_server.c.
public sealed partial class Mgc
{
    const int NidTextSize = 64;     // LNET_NIDSTR_SIZE

    /// <summary>
    /// Registers a target: the MGS writes its logs at the first time, and tells clients where it is at each. The answer
    /// has the index and name that the MGS chose. Asks again for a while when an answer was lost.
    /// </summary>
    /// <param name="target">With the operation in its flags, <see cref="MgsTargetOperations"/>.</param>
    /// <param name="nids">Where it is; also what the 8-byte NIDs of <paramref name="target"/> become.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>EADDRINUSE: the index is taken; ENOENT: it says it has registered, and nobody knows it; EINVAL,
    /// ERANGE, EPROTO.</returns>
    public async ValueTask<Result<MgsTargetInfo>> RegisterTargetAsync(
        MgsTargetInfo target, IReadOnlyList<Nid> nids, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(nids);
        bool small = nids.All(nid => nid.IsNid4) && nids.Count <= MgsConst.MTI_NIDS_MAX;
        bool asText = Import.Supports(ConnectFlags.MGS_NIDLIST);
        if (nids.Count == 0 || !small && !asText)
            return Errno.EINVAL;
        if (small)
        {
            for (int i = 0; i < nids.Count; i++)
                target.Nids[i] = (Nid4)nids[i];
        }
        else
        {
            target.Flags |= MgsTargetOperations.LargeNids;
        }
        target.NidCount = (uint)nids.Count;
        target.LustreVersion = LustreVersion.Code;
        byte[]? texts = asText ? NidTexts(small ? [] : nids) : null;
        Result<MgsTargetInfo> answer = Errno.EIO;
        await PersistAsync(async () => (answer = await AskToRegisterAsync(target, texts, cancel)).Error, cancel);
        return answer;
    }

    async ValueTask<Result<MgsTargetInfo>> AskToRegisterAsync(
        MgsTargetInfo target, byte[]? texts, CancellationToken cancel)
    {
        using PtlrpcRequest request = Import.NewRequest(
            texts is null ? RequestFormats.MgsTargetReg : RequestFormats.MgsTargetRegNidlist);
        if (texts is not null)
            request.SetSize(Rmf.MgsTargetNidlist, texts.Length);
        request.Set(Rmf.MgsTargetInfo, target);
        if (texts is not null)
            request.SetBytes(Rmf.MgsTargetNidlist, texts);
        Errno error = await request.SendAsync(cancel);
        if (error != Errno.OK)
            return error;
        Result<MgsTargetInfo> reply = request.Get(Rmf.MgsTargetInfo);
        return !reply.Failed && (reply.Value.Flags & LddFlags.ERROR) != 0 ? Errno.EIO : reply;
    }

    static byte[] NidTexts(IReadOnlyList<Nid> nids)
    {
        int headSize = Unsafe.SizeOf<MgsTargetNidList>();
        var bytes = new byte[headSize + nids.Count * NidTextSize];
        MemoryMarshal.Write(bytes, new MgsTargetNidList { NidCount = (uint)nids.Count });
        for (int i = 0; i < nids.Count; i++)
            Encoding.ASCII.GetBytes(nids[i].ToString(), bytes.AsSpan(headSize + i * NidTextSize, NidTextSize - 1));
        return bytes;
    }
}
