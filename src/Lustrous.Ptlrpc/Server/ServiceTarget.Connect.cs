using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

// Connecting, reconnecting and who may not: target_handle_connect of lustre/ldlm/ldlm_lib.c.
public sealed partial class ServiceTarget
{
    // A client of a later version may know more fields than we do, but not this many (target_handle_connect).
    const int MaxConnectDataSize = 8 * 192;

    /// <summary>Answers a connect to any target of this node.</summary>
    internal static ValueTask<Errno> HandleConnectAsync(ServerRequest request, CancellationToken cancel)
    {
        Errno error = HandleConnect(request);
        if (error != Errno.OK || request.Export is not { Target._hooks: { } hooks } export)
            return new(error);
        return SettledAsync(request, hooks.SettleAsync(export, cancel));
    }

    static async ValueTask<Errno> SettledAsync(ServerRequest request, ValueTask<Errno> settling)
    {
        Errno error = await settling;
        if (error != Errno.OK)
            request.ReleaseReply();
        return error;
    }

    static Errno HandleConnect(ServerRequest request)
    {
        RequestCapsule capsule = request.Capsule;
        capsule.SetFormat(RequestFormats.Connect);
        if (!capsule.TryGetString(Rmf.Tgtuuid, MessageSide.Request, out ReadOnlySpan<byte> targetUuid))
            return Errno.EINVAL;
        ExportTable exports = request.Service.Exports;
        // Known names are short; a name that is not text is nobody's.
        ServiceTarget? target = exports.FindTarget(Encoding.ASCII.GetString(targetUuid));
        if (target is null || target._stopping || target._failed)
            return Errno.ENODEV;
        if (target.RefusesConnects)
            return Errno.EAGAIN;
        bool isPutOff = target._context.FailPoints.IsSet(ObdFail.RecoveryConnect);
        if (!capsule.TryGetString(Rmf.Cluuid, MessageSide.Request, out ReadOnlySpan<byte> clientUuid)
            || clientUuid.IsEmpty)
            return Errno.EINVAL;
        ReadOnlySpan<byte> handle = capsule.GetBytes(Rmf.Conn, MessageSide.Request);
        if (handle.Length < sizeof(ulong) || !TryReadConnectData(capsule, out ObdConnectData asked))
            return Errno.EPROTO;
        // What is older than 2.0 lays its messages out differently and says so by not setting the flag.
        if (!asked.ConnectFlags.HasFlag(ConnectFlags.FULL20)
            || request.OperationFlags.HasFlag(MsgConnectFlags.LIBCLIENT) || request.ConnectCount == 0)
            return Errno.EPROTO;
        if (isPutOff && !asked.ConnectFlags.HasFlag(ConnectFlags.LIGHTWEIGHT))
            return Errno.EAGAIN;
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        error = target.Connect(request, Encoding.ASCII.GetString(clientUuid), MemoryMarshal.Read<ulong>(handle), asked);
        if (error != Errno.OK)
            request.ReleaseReply();     // an error of a connect has no connect data
        return error;
    }

    /// <summary>Clients of other versions send more or fewer fields; what is missing is zero.</summary>
    static bool TryReadConnectData(RequestCapsule capsule, out ObdConnectData data)
    {
        data = default;
        ReadOnlySpan<byte> bytes = capsule.GetBytes(Rmf.ConnectData, MessageSide.Request);
        if (bytes.IsEmpty || bytes.Length > MaxConnectDataSize)
            return false;
        bytes[..Math.Min(bytes.Length, Unsafe.SizeOf<ObdConnectData>())]
            .CopyTo(MemoryMarshal.AsBytes(new Span<ObdConnectData>(ref data)));
        if (capsule.IsSwabbed(MessageSide.Request))
            data = ObdConnectData.Swab(data);
        return true;
    }

    Errno Connect(ServerRequest request, string clientUuid, ulong handle, in ObdConnectData asked)
    {
        Errno error = FindForConnect(request, clientUuid, handle, asked, out Export? export, out bool isReconnect);
        if (error == Errno.OK && export is null)
            error = Create(clientUuid, handle, out export, out isReconnect);
        if (error != Errno.OK)
            return error;
        try
        {
            error = Complete(request, export!, handle, asked, isReconnect);
        }
        finally
        {
            export!.EndConnect();
        }
        // A new export that did not come to life must not stay in the way of the next try.
        if (error != Errno.OK && export.ConnectCount == 0)
            Remove(export, evicted: false);
        return error;
    }

    /// <summary>Looks whether the client is known, and whether it may be the same one.</summary>
    Errno FindForConnect(
        ServerRequest request, string clientUuid, ulong handle, in ObdConnectData asked, out Export? export,
        out bool isReconnect)
    {
        isReconnect = false;
        using (_lock.Enter())
            export = _byUuid.GetValueOrDefault(clientUuid);
        if (export is null)
            return Errno.OK;
        if (!export.TryBeginConnect())
            return Errno.EALREADY;

        Errno error = Errno.EALREADY;
        bool isInitial = request.OperationFlags.HasFlag(MsgConnectFlags.INITIAL);
        bool isServer = IsServer(asked.ConnectFlags, isInitial);
        if (isServer && export.RemoteHandle != handle)
        {
            // A server keeps its uuid when it restarts: this is its next life, and the former is over.
            Log(LogLevel.Warning, $"new connection of {export} from {request.Peer.Nid}, removing the former export");
            export.EndConnect();
            Remove(export, evicted: true);
            export = null;
            return Errno.OK;
        }
        if (export.ConnectCount > 0 && isInitial && request.Peer.Nid != export.Peer.Nid)
            Log(LogLevel.Warning, $"{export} seen on new NID {request.Peer.Nid}, refused");
        else if (export.RemoteHandle != handle)
            Log(LogLevel.Warning, $"{export} is connected with another handle, refusing a client of the same uuid");
        else if (request.Export is null && export.InProgress > 0)
            error = Errno.EBUSY;        // what it left behind still runs
        else
            error = Errno.OK;
        if (error != Errno.OK)
        {
            export.EndConnect();
            return error;
        }
        isReconnect = true;
        Log(LogLevel.Info, $"client {export} reconnecting");
        return Errno.OK;
    }

    /// <summary>MDTs and the light connections of servers have the same uuid in every life.</summary>
    static bool IsServer(ConnectFlags asked, bool isInitial) =>
        asked.HasFlag(ConnectFlags.MDS_MDS)
        || (isInitial && (asked.HasFlag(ConnectFlags.MDS) || asked.HasFlag(ConnectFlags.LIGHTWEIGHT)));

    Errno Create(string clientUuid, ulong handle, out Export? export, out bool isKnown)
    {
        ulong cookie = _hooks?.KnownCookie(clientUuid, handle) ?? 0;
        export = Exports.Create(this, clientUuid, cookie);
        isKnown = cookie != 0 && export.Cookie == cookie;
        export.TryBeginConnect();
        Errno error = Errno.OK;
        using (_lock.Enter())
        {
            if (_all.Count >= Options.MaxExports)
                error = Errno.ENOMEM;
            else if (!_byUuid.TryAdd(clientUuid, export))
                error = Errno.EALREADY;     // a connect of the same client was faster
            else
                _all.Add(export);
            if (error == Errno.OK)
                ArmEvictor();
        }
        if (error == Errno.OK)
            return error;
        Exports.Remove(export);
        export = null;
        return error;
    }

    Errno Complete(ServerRequest request, Export export, ulong handle, in ObdConnectData asked, bool isReconnect)
    {
        ObdConnectData reply = ConnectResult.Negotiate(asked, Options.Supported);
        reply.Instance = Options.Instance;
        if (_hooks?.Connecting(export, asked, ref reply) is { } refused and not Errno.OK)
            return refused;
        reply.ConnectFlags &= asked.ConnectFlags;
        reply.ConnectFlags2 &= asked.ConnectFlags2;

        if (request.Export != export)
        {
            request.Export?.End(request);
            request.Export = export;
        }
        if (export.Connected(request, handle, new ConnectResult(reply)) is var error and not Errno.OK)
            return error;
        if (_stopping)
            return Errno.ENODEV;

        export.ReverseImport ??= CreateReverseImport?.Invoke(export);
        export.ReverseImport?.Connected(export, asked.ConnectFlags);
        MemoryMarshal.Write(request.Capsule.GetBytes(Rmf.ConnectData, MessageSide.Reply), reply);
        request.ReplyHandle = export.Cookie;
        _hooks?.Connected(export, isReconnect);
        // The recovery may have ended while the client came, and without it: then it must not replay.
        bool isRecovering = IsRecovering && !asked.ConnectFlags.HasFlag(ConnectFlags.LIGHTWEIGHT)
            && (Recovery is null || export.IsInRecovery);
        request.ReplyOperationFlags =
            (isReconnect ? MsgConnectFlags.RECONNECT : 0)
            | (Options.IsReplayable ? MsgConnectFlags.REPLAYABLE : 0)
            | (isRecovering ? MsgConnectFlags.RECOVERING : 0);
        return Errno.OK;
    }
}
