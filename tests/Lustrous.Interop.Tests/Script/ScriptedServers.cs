using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Interop.Tests.Replay;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Script;

/// <summary>
/// Servers that know nothing but what recorded kernel servers said: each request of a client gets the recorded answer
/// to the same question, as of a moment.
/// </summary>
/// <remarks>A question that the recorded client never asked is answered with EOPNOTSUPP, and noted. Without a
/// recording, only pings, cancels, disconnects and FLD queries are answered: these never differ.</remarks>
sealed class ScriptedServers
{
    static readonly uint[] s_portals =
    [
        Portals.MGS_REQUEST_PORTAL, Portals.MDS_REQUEST_PORTAL, Portals.MDS_READPAGE_PORTAL,
        Portals.OST_REQUEST_PORTAL, Portals.OST_IO_PORTAL, Portals.OST_CREATE_PORTAL, Portals.OUT_PORTAL,
        Portals.LDLM_CANCEL_REQUEST_PORTAL, Portals.SEQ_METADATA_PORTAL, Portals.FLD_REQUEST_PORTAL,
    ];

    /// <summary>Sequences of MDT0001 begin here, and those of MDT0000 lie below (README.md of the recordings).
    /// </summary>
    const ulong FirstOfMdt1 = 0x2c0000400, LastOfMdt1 = 0x300000400;

    readonly Dictionary<string, List<Answer>> _answers = [];
    readonly List<ReplayClient> _servers = [];

    /// <summary>Questions that nobody asked before, with what was known of the like.</summary>
    public List<string> Unknown { get; } = [];

    /// <summary>Whom each question went to, in order.</summary>
    public List<(Nid Server, string Key)> Asked { get; } = [];

    public static async Task<ScriptedServers> StartAsync(
        Simulation.Simulation sim, string client, long momentNanoseconds, params Recording[] recordings)
    {
        var servers = new ScriptedServers();
        foreach (Recording recording in recordings)
            servers.Learn(recording, Nid.Parse(client).Value);
        foreach (List<Answer> answers in servers._answers.Values)
            answers.Sort((a, b) => Distance(a, momentNanoseconds).CompareTo(Distance(b, momentNanoseconds)));
        foreach (Nid nid in (Nid[])[ReplayCluster.Mds, ReplayCluster.Oss])
        {
            var server = new ReplayClient(await sim.AddNodeAsync(nid), s_portals);
            server.Arrived = arrived => servers.Answer(server, arrived);
            servers._servers.Add(server);
        }
        return servers;
    }

    public void Close()
    {
        foreach (ReplayClient server in _servers)
            server.Close();
    }

    // What was said last before the moment counts; else what was said first after it.
    static UInt128 Distance(Answer answer, long moment) => answer.Reply.TimeNanoseconds <= moment
        ? (UInt128)(moment - answer.Reply.TimeNanoseconds)
        : ((UInt128)1 << 64) + (UInt128)(answer.Reply.TimeNanoseconds - moment);

    void Learn(Recording recording, Nid client)
    {
        ILookup<ulong, RecordedMessage> bulk = recording.Messages
            .Where(m => m.Kind == MessageKind.BulkPut && m.Client == client).ToLookup(m => m.Xid);
        Dictionary<ulong, Exchange> asked = [];
        foreach (RecordedMessage message in recording.Messages.Where(m => m.Client == client))
        {
            if (message.Kind == MessageKind.Request)
            {
                asked[message.Header.MatchBits] = new Exchange(message);
            }
            else if (message.Kind == MessageKind.Reply && asked.TryGetValue(message.Header.MatchBits, out Exchange? to))
            {
                string key = ScriptKey.Of(to);
                if (!_answers.TryGetValue(key, out List<Answer>? answers))
                    _answers[key] = answers = [];
                answers.Add(new Answer(message, [.. bulk[message.Xid]]));
            }
        }
    }

    void Answer(ReplayClient server, Arrived arrived)
    {
        byte[] copy = [.. arrived.Bytes];
        Assert.Equal(Errno.OK, LustreMessage.Parse(copy, out LustreMessage message));
        PtlrpcBodyV3 body = MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0));
        RequestFormat? format = FormatSelector.OfRequest(message);
        var part = MessagePart.Decode("message", message, format, MessageSide.Request, body.Opcode, 0);
        Idl.Ldlm.LockType type = part.TryFind(out Idl.Ldlm.LdlmRequest enqueue) ? enqueue.Desc.Resource.Type : 0;
        string name = OpcodeNames.OfRequest(message, body.Opcode, type);
        string key = ScriptKey.Of(server.Nid, name, FieldReader.Read(part, format, MessageSide.Request));
        Asked.Add((server.Nid, key));
        int offset = (message.Flags & LustreMsgHeaderFlags.AT_SUPPORT) != 0 ? LustreMessage.EarlySize : 0;
        // Which sequence is asked for is no part of the key: every answer is made from the numbers above.
        bool isFld = body.Opcode == (uint)FldOpcode.Query;
        if (!isFld && _answers.TryGetValue(key, out List<Answer>? answers))
        {
            Answer answer = answers[0];
            ulong bits = body.MatchBits != 0 ? body.MatchBits : arrived.MatchBits;
            foreach (RecordedMessage bulk in answer.Bulk)
                server.Send(arrived.From.Nid, bulk.Header.Portal, bits, bulk.Payload);
            server.Send(
                arrived.From.Nid, answer.Reply.Header.Portal, arrived.MatchBits, Fit(answer.Reply.Payload, message),
                offset);
            return;
        }
        server.Send(
            arrived.From.Nid, ReplyPortal(arrived.Portal), arrived.MatchBits, Invent(message, body, key), offset);
    }

    /// <summary>A connect is granted no more than was asked for, as the kernel grants it.</summary>
    static byte[] Fit(byte[] recorded, LustreMessage request)
    {
        byte[] reply = [.. recorded];
        Assert.Equal(Errno.OK, LustreMessage.Parse(reply, out LustreMessage message));
        uint opcode = MemoryMarshal.Read<PtlrpcBodyV3>(request.Buffer(0)).Opcode;
        if (opcode is not ((uint)MdsOpcode.Connect or (uint)OstOpcode.Connect or (uint)MgsOpcode.Connect))
            return reply;
        ObdConnectData asked = MemoryMarshal.Read<ObdConnectData>(request.Buffer(4));
        ref ObdConnectData granted = ref MemoryMarshal.AsRef<ObdConnectData>(message.Buffer(1));
        granted.ConnectFlags &= asked.ConnectFlags;
        granted.ConnectFlags2 &= asked.ConnectFlags2;
        return reply;
    }

    byte[] Invent(LustreMessage request, in PtlrpcBodyV3 asked, string key)
    {
        bool isFld = asked.Opcode == (uint)FldOpcode.Query;
        bool isPlain = asked.Opcode is (uint)ObdOpcode.Ping or (uint)LdlmOpcode.Cancel or (uint)MdsOpcode.Disconnect
            or (uint)OstOpcode.Disconnect or (uint)MgsOpcode.Disconnect;
        int[] sizes = isFld ? [184, Marshal.SizeOf<LuSeqRange>()] : [184];
        var bytes = new byte[LustreMessage.Size(sizes)];
        LustreMessage reply = LustreMessage.Format(bytes, sizes);
        ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(reply.Buffer(0));
        body.Type = PtlrpcMessageType.Reply;
        body.Version = (uint)LustreMsgVersion.PTLRPC_MSG_VERSION;
        body.Opcode = asked.Opcode;
        if (isFld)
        {
            LuSeqRange range = MemoryMarshal.Read<LuSeqRange>(request.Buffer(2));
            bool isMdt1 = range.Start is >= FirstOfMdt1 and < LastOfMdt1;
            range = range with { End = range.Start + 1, Index = isMdt1 ? 1u : 0, Flags = 0 };
            MemoryMarshal.Write(reply.Buffer(1), in range);
        }
        else if (!isPlain)
        {
            body.Status = -(int)Errno.EOPNOTSUPP;
            string kind = key.Split(' ')[0];
            Unknown.Add(key + "\n  known: " + string.Join("\n  known: ", _answers.Keys
                .Where(known => known.StartsWith(kind, StringComparison.Ordinal)).Take(12)));
        }
        return bytes;
    }

    static uint ReplyPortal(uint portal) => portal switch
    {
        Portals.MGS_REQUEST_PORTAL => Portals.MGC_REPLY_PORTAL,
        Portals.LDLM_CANCEL_REQUEST_PORTAL => Portals.LDLM_CANCEL_REPLY_PORTAL,
        Portals.OST_REQUEST_PORTAL or Portals.OST_IO_PORTAL or Portals.OST_CREATE_PORTAL or Portals.OUT_PORTAL =>
            Portals.OSC_REPLY_PORTAL,
        _ => Portals.MDC_REPLY_PORTAL,
    };
}
