using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mdc;

/// <summary>
/// A file that is open on an MDT (<c>struct md_open_data</c>): keeps the request that opened it, so that a restarted
/// MDT gets it again, under the same cookie.
/// </summary>
public sealed class MdOpenHandle
{
    PtlrpcRequest? _request;
    PtlrpcRequest? _close;

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

    /// <summary>
    /// The open stays in the replay list until the file is closed, and the close durable: what goes to a restarted MDT
    /// names the object, its layout and the handle there was (mdc_set_open_replay_data, mdc_save_lovea).
    /// </summary>
    internal void Keep(PtlrpcRequest request, ReadOnlySpan<byte> layout)
    {
        if (request.HoldsReplay)
            Amend(request, layout);
        request.UserState = this;
        request.ReplayCallback = static replayed => ((MdOpenHandle)replayed.UserState!).Replayed(replayed);
        _request = request;
        request.HoldsReplay = false;
    }

    void Amend(PtlrpcRequest request, ReadOnlySpan<byte> layout)
    {
        if (!layout.IsEmpty)
        {
            Span<byte> ea = request.AmendForReplay(Rmf.Eadata, layout.Length);
            layout.CopyTo(ea);
            ea[layout.Length..].Clear();
        }
        ref MdtRecCreate record = ref MemoryMarshal.AsRef<MdtRecCreate>(request.AmendForReplay(Rmf.RecReint));
        record.Fid2 = Fid;
        record.OpenHandleOld = Handle;
    }

    /// <summary>The restarted MDT has a handle of its own for the file; it knows the old one too, for the replay of a
    /// close.</summary>
    void Replayed(PtlrpcRequest request)
    {
        if (request.ReplayReply is not { } reply
            || !reply.TryGet(Rmf.MdtBody, MessageSide.Reply, out MdtBody body) || body.OpenHandle.Cookie == 0)
            return;
        Handle = body.OpenHandle;
        // A next restart is told of this handle, and so is a close that waits to be sent, or is replayed itself.
        MemoryMarshal.AsRef<MdtRecCreate>(request.AmendForReplay(Rmf.RecReint)).OpenHandleOld = Handle;
        if (_close is { } close)
            close.Capsule.Borrow(Rmf.MdtEpoch, MessageSide.Request).OpenHandle = Handle;
    }

    /// <summary>Its close is packed, and from here on names the handle that there is.</summary>
    internal void Closing(PtlrpcRequest close) => _close = close;

    /// <summary>Its close is durable, or there is nothing to close any more: nothing is left to replay.</summary>
    internal void Drop()
    {
        _close = null;
        PtlrpcRequest? request = Interlocked.Exchange(ref _request, null);
        if (request is null)
            return;
        request.KeepForReplay = false;
        request.Dispose();
    }
}
