using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Interop.Tests.Replay;

// What happened between the recordings: mounts, which are made with the connect requests of the recorded one.
sealed partial class ReplayRun
{
    readonly Dictionary<string, RecordedMessage> _connects = [];
    ulong _xid = 1UL << 40;

    /// <summary>Keeps the connect requests of the recorded mount, as a model for others.</summary>
    public void LearnConnects(Recording mount)
    {
        foreach (RecordedMessage message in mount.Messages.Where(m => m.Kind == MessageKind.Request))
        {
            if (TargetOfConnect(new Exchange(message)) is { } target)
                _connects[target] = message;
        }
    }

    public async Task MountAsync(Mount mount)
    {
        Nid client = Nid.Parse(mount.Client).Value;
        foreach ((string target, _) in mount.Targets)
        {
            // The mount before it was taken down.
            if (_handles.Remove((client, target), out ulong old))
                Call(client, target, DisconnectOf(target), old);
        }
        await _sim.Delay(TimeSpan.FromMilliseconds(100));
        foreach ((string target, ulong recorded) in mount.Targets)
        {
            if (target == Mdt1)
            {
                _mdt1Handles.Add(recorded);
                _rewriter.LearnWord(recorded, _handles[(client, "lustre-MDT0000_UUID")]);
                continue;
            }
            byte[] request = [.. _connects[target].Payload];
            Assert.Equal(Libcfs.Errno.OK, LustreMessage.Parse(request, out LustreMessage message));
            // Another mount: a client of another name.
            Encoding.ASCII.GetBytes($"{mount.Before}-{mount.Client}-of-the-replay", message.Buffer(2));
            RecordedMessage model = _connects[target];
            ulong xid = _xid += 128;
            var exchange = new Exchange(model);
            _exchanges[(client, xid)] = exchange;
            _clients[client].Send(model.Server, model.Header.Portal, xid, request);
            Assert.True(await WaitAsync(() => _replies.ContainsKey((client, xid))), $"{mount.Client} cannot connect");
            _replies.Remove((client, xid), out Arrived? arrived);
            Assert.True(exchange.DecodeReply(arrived!.Bytes)!.TryFind(out PtlrpcBodyV3 body));
            Assert.Equal(0, body.Status);
            Connected(client, target, body.Handle.Cookie, model.Decoded.Body.ConnectionCount);
            _rewriter.LearnWord(recorded, body.Handle.Cookie);
        }
    }

    /// <summary>A request without fields, whose reply nobody looks at.</summary>
    void Call(Nid client, string target, Enum opcode, ulong handle)
    {
        bool isOst = target.Contains("-OST", StringComparison.Ordinal);
        LustreMsgVersion version = opcode is ObdOpcode ? LustreMsgVersion.OBD_VERSION
            : isOst ? LustreMsgVersion.OST_VERSION
            : target == "MGS" ? LustreMsgVersion.MGS_VERSION
            : LustreMsgVersion.MDS_VERSION;
        byte[] bytes = new byte[LustreMessage.Size([184])];
        LustreMessage message = LustreMessage.Format(bytes, [184]);
        ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(message.Buffer(0));
        body.Handle = new LustreHandle(handle);
        body.Type = PtlrpcMessageType.Request;
        body.Version = (uint)LustreMsgVersion.PTLRPC_MSG_VERSION | (uint)version;
        body.Opcode = Convert.ToUInt32(opcode, System.Globalization.CultureInfo.InvariantCulture);
        body.ConnectionCount = _connectCounts.GetValueOrDefault(handle, 1u);
        body.Timeout = 20;
        uint portal = target == "MGS" ? Portals.MGS_REQUEST_PORTAL
            : isOst ? Portals.OST_REQUEST_PORTAL
            : Portals.MDS_REQUEST_PORTAL;
        _clients[client].Send(isOst ? ReplayCluster.Oss : ReplayCluster.Mds, portal, _xid += 128, bytes);
    }

    static Enum DisconnectOf(string target) => target == "MGS" ? MgsOpcode.Disconnect
        : target.Contains("-OST", StringComparison.Ordinal) ? OstOpcode.Disconnect
        : MdsOpcode.Disconnect;
}
