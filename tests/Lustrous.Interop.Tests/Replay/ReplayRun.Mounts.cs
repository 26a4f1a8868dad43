using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Replay;

// What happened between the recordings: mounts, which are made with the connect requests of the recorded one.
sealed partial class ReplayRun
{
    readonly Dictionary<string, RecordedMessage> _connects = [];
    readonly List<(string Target, string Uuid, RecordedMessage Request)> _connectsOf = [];  // all recorded ones
    ulong _xid = 1UL << 52;     // above all recorded: a lower one than a client has acknowledged is refused

    /// <summary>Keeps the connect requests of the recorded mount, as a model for others.</summary>
    public void LearnConnects(Recording mount)
    {
        foreach (RecordedMessage message in mount.Messages.Where(m => m.Kind == MessageKind.Request))
        {
            if (TargetOfConnect(new Exchange(message)) is { } target)
                _connects[target] = message;
        }
    }

    /// <summary>Keeps who clients say they are when they connect, and what they ask for: they say it again after a
    /// restart.</summary>
    public void LearnClients(Recording recording)
    {
        foreach (RecordedMessage message in recording.Messages.Where(m => m.Kind == MessageKind.Request))
        {
            var exchange = new Exchange(message);
            if (TargetOfConnect(exchange) is { } target)
                _connectsOf.Add((target, ((TextPart)exchange.Part.Inner[2]).Text, message));
        }
    }

    /// <summary>Clients give up connections to OSTs that are idle, and later connect as for the first time.</summary>
    void LeaveIdle()
    {
        foreach ((Nid client, string target) in _handles.Keys.Where(key => IsOst(key.Item2)).ToList())
        {
            if (NextConnect(client, target).Request is { } next
                && (next.Decoded.Body.OpFlags & MsgConnectFlags.INITIAL) != 0
                && _handles.Remove((client, target), out ulong old))
            {
                _early.Remove((client, target));
                Call(client, target, OstOpcode.Disconnect, old);
            }
        }
    }

    /// <summary>The next recorded connect of a client to a target.</summary>
    (string Target, string Uuid, RecordedMessage Request) NextConnect(Nid client, string target)
    {
        long now = (_epoch + _sim.Now - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        return _connectsOf.Find(seen =>
            seen.Request.Client == client && seen.Target == target && seen.Request.TimeNanoseconds > now);
    }

    /// <summary>A client connects for the first time again, as it had been idle: it disconnects first, where ours has
    /// not seen that.</summary>
    async Task LeaveIdleAsync(RecordedMessage message)
    {
        var exchange = new Exchange(message);
        if (TargetOfConnect(exchange) is not { } target || target == Mdt1
            || _early.Contains((message.Client, target))
            || (message.Decoded.Body.OpFlags & MsgConnectFlags.INITIAL) == 0
            || !_handles.Remove((message.Client, target), out ulong old))
            return;
        Call(message.Client, target, DisconnectOf(target), old);
        await _sim.Delay(TimeSpan.FromMilliseconds(1));
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
                _rewriter.LearnWord(recorded, _handles[(client, Mdt0)]);
                continue;
            }
            if (recorded != 0)
                _rewriter.LearnWord(recorded, await ConnectAsync(client, target, mount.Before));
        }
    }

    /// <summary>Connects as a client does that is not recorded when it connects.</summary>
    /// <returns>Our handle.</returns>
    async Task<ulong> ConnectAsync(Nid client, string target, string mount)
    {
        RecordedMessage model = _connects[target];
        byte[] request = [.. model.Payload];
        Assert.Equal(Libcfs.Errno.OK, LustreMessage.Parse(request, out LustreMessage message));
        // A client of another name, which is recorded where it connects once more.
        (_, string? uuid, RecordedMessage? later) = NextConnect(client, target);
        message.Buffer(2).Clear();
        Encoding.ASCII.GetBytes(uuid ?? $"{mount}-{client}-of-the-replay", message.Buffer(2));
        if (later is not null)
        {
            Assert.Equal(Libcfs.Errno.OK, LustreMessage.Parse([.. later.Payload], out LustreMessage known));
            ObdConnectData asked = MemoryMarshal.Read<ObdConnectData>(known.Buffer(4));
            ref ObdConnectData data = ref MemoryMarshal.AsRef<ObdConnectData>(message.Buffer(4));
            (data.ConnectFlags, data.ConnectFlags2) = (asked.ConnectFlags, asked.ConnectFlags2);
            known.Buffer(3).CopyTo(message.Buffer(3));
        }
        Older?.Age(request, target);
        ulong xid = _xid += 128;
        var exchange = new Exchange(model);
        _exchanges[(client, xid)] = exchange;
        _clients[client].Send(model.Server, model.Header.Portal, xid, request);
        Assert.True(await WaitAsync(() => _replies.ContainsKey((client, xid))), $"{client} cannot connect");
        _replies.Remove((client, xid), out Arrived? arrived);
        Assert.True(exchange.DecodeReply(arrived!.Bytes)!.TryFind(out PtlrpcBodyV3 body));
        Assert.Equal(0, body.Status);
        Connected(client, target, body.Handle.Cookie, model.Decoded.Body.ConnectionCount);
        return body.Handle.Cookie;
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
        body.MatchBits = _xid + 128;    // of what is sent next
        uint portal = target == "MGS" ? Portals.MGS_REQUEST_PORTAL
            : isOst ? Portals.OST_REQUEST_PORTAL
            : Portals.MDS_REQUEST_PORTAL;
        _clients[client].Send(isOst ? ReplayCluster.Oss : ReplayCluster.Mds, portal, _xid += 128, bytes);
    }

    static Enum DisconnectOf(string target) => target == "MGS" ? MgsOpcode.Disconnect
        : target.Contains("-OST", StringComparison.Ordinal) ? OstOpcode.Disconnect
        : MdsOpcode.Disconnect;
}
