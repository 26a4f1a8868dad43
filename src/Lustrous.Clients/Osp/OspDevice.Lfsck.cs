using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osp;

// What a check of layouts asks of an OST.
public sealed partial class OspDevice
{
    /// <summary>The last object that a file has been given; all behind it are made ahead.</summary>
    public Fid LastUsed => _lastUsed.Last;

    /// <summary>Whether the OST has an object. ENOENT: it has not; errors of the way there.</summary>
    public async ValueTask<Errno> FindObjectAsync(Fid fid, CancellationToken cancel)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.OstGetattr);
        request.SetSize(Rmf.Capa1, 0);
        request.NoDelay = true;
        request.Set(Rmf.OstBody, new OstBody
        {
            Attributes = new Obdo { ObjectId = new OstId(fid), Valid = MdtValid.FLID | MdtValid.FLGROUP },
        });
        return await request.SendAsync(cancel);
    }
}
