using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target;

/// <summary>Rows and checks that targets have in common.</summary>
public static class CommonHandlers
{
    /// <summary>OST_STATFS or MDS_STATFS, OST_SYNC is the OST's own. Adds the rows of the target's kind.</summary>
    public static void AddStatfs(LuTarget target) => throw new NotSupportedException();

    /// <summary>The MDT body of a request, with a FID that can name an object (tgt_mdt_body_unpack). EPROTO: there is
    /// none; EINVAL: the FID.</summary>
    public static Errno UnpackMdtBody(ServerRequest request, out MdtBody body) => throw new NotSupportedException();

    /// <summary>The OST body of a request, with an object id that is one (tgt_validate_obdo), as FID too.
    /// EPROTO.</summary>
    public static Errno UnpackOstBody(ServerRequest request, out OstBody body, out Fid fid) =>
        throw new NotSupportedException();
}
