using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target;

// Version-based recovery: a client learns which version each object had before its change. When others do not come back
// after a restart, what they did is missing, and a replay is right only where its objects are as they were then
// (mdt_version_check of lustre/mdt/mdt_reint.c, tgt_txn_stop_cb).
public sealed partial class LuTarget
{
    /// <summary>The version of what is not there (<c>ENOENT_VERSION</c>).</summary>
    const ulong NoVersion = ulong.MaxValue;

    /// <summary>
    /// Notes an object's version for the reply; of a replay, compares it with that of then, once somebody's replays are
    /// missing. Called before the change, under the locks that keep others from it.
    /// </summary>
    /// <param name="request">Null for the target's own doing.</param>
    /// <param name="o">The object; null, or one that does not exist, where there is none.</param>
    /// <param name="place">Which of the operation's objects it is, 0 to 3: the same each time.</param>
    /// <returns>EOVERFLOW: it is another version. The client is thrown out when all have replayed.</returns>
    public Errno CheckVersion(ServerRequest? request, IDtObject? o, int place)
    {
        if (request?.Export is not { } export || !export.Supports(ConnectFlags.VBR))
            return Errno.OK;
        ulong version = o is { Exists: true } ? o.Version : NoVersion;
        if ((request.Flags & MsgFlags.REPLAY) == 0)
        {
            request.ReplyVersions[place] = version;
            return Errno.OK;
        }
        // What it was is still what a replay of this replay has to bring.
        Array4<ulong> versions = request.PreVersions;
        request.ReplyVersions[place] = versions[place];
        // A reply that was put together again may have told none.
        bool isKnown = (versions[0] | versions[1] | versions[2] | versions[3]) != 0;
        if (!isKnown || versions[place] == version || Recovery is not { HasGaps: true } recovery)
            return Errno.OK;
        _context.Log.Warning(
            Name, $"replay of {request} is for version {versions[place]} of {o?.Fid}, which has {version}");
        recovery.Failed(export);
        return Errno.EOVERFLOW;
    }

    /// <summary>The object that the request's transaction is about has its number from then on.</summary>
    void SetVersion(DtTransaction transaction, ServerRequest request, ulong transno)
    {
        // What is removed with the transaction has none.
        if (request.VersionedObject is not IDtObject { Exists: true } o)
            return;
        Errno error = o.SetVersion(transaction, transno);
        if (error != Errno.OK)
            _context.Log.Error(Name, $"the version of {o.Fid} cannot be kept: {error}");
    }
}
