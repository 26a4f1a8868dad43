using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// Versions of what an operation changes (mdt_version_get_check_save of lustre/mdt/mdt_reint.c).
public sealed partial class MdtDevice
{
    Errno CheckVersion(in MddContext context, IDtObject? o, int place) =>
        _target.CheckVersion(context.Owner as ServerRequest, o, place);

    /// <summary>Checks two or more at once, at their places from 0 on.</summary>
    Errno CheckVersions(in MddContext context, IDtObject? first, IDtObject? second)
    {
        Errno error = CheckVersion(context, first, 0);
        return error == Errno.OK ? CheckVersion(context, second, 1) : error;
    }

    /// <summary>An object that is not there: for a replay after a gap that is a wrong version.</summary>
    /// <param name="request">What looked for it.</param>
    /// <param name="error">What came of it.</param>
    /// <param name="place">Of the object in the operation.</param>
    Errno Missing(ServerRequest request, Errno error, int place) =>
        error == Errno.ENOENT && (request.Flags & Idl.Ptlrpc.MsgFlags.REPLAY) != 0
            && _target.CheckVersion(request, null, place) is var wrong and not Errno.OK ? wrong : error;

    /// <summary>The transaction that follows is about this object.</summary>
    static void SetVersioned(in MddContext context, IDtObject o)
    {
        if (context.Owner is ServerRequest request)
            request.VersionedObject = o;
    }
}
