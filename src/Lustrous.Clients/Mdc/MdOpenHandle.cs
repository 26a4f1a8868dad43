using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Mdc;

/// <summary>
/// A file that is open on an MDT (<c>struct md_open_data</c>): keeps the request that opened it, so that a restarted
/// MDT gets it again, under the same cookie.
/// </summary>
public sealed class MdOpenHandle
{
    PtlrpcRequest? _request;

    internal MdOpenHandle(MdcDevice owner, Fid fid, LustreHandle handle)
    {
        Owner = owner;
        Fid = fid;
        Handle = handle;
    }

    public Fid Fid { get; }

    /// <summary>The MDT's name of the open; a replay may change it.</summary>
    public LustreHandle Handle { get; internal set; }

    internal MdcDevice Owner { get; }

    /// <summary>The open stays in the replay list until the file is closed.</summary>
    internal void Keep(PtlrpcRequest request)
    {
        request.UserState = this;
        _request = request;
    }

    /// <summary>Closed: nothing is left to replay.</summary>
    internal void Drop()
    {
        PtlrpcRequest? request = Interlocked.Exchange(ref _request, null);
        if (request is null)
            return;
        request.KeepForReplay = false;
        request.Dispose();
    }
}
