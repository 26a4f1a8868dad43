using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Replay;

// What befell the recorded servers, and what clients say again after it.
sealed partial class ReplayRun
{
    readonly ReplayCluster _cluster;
    readonly Queue<ServerEvent> _events = new();
    bool _hasOutages;                                           // this recording
    readonly HashSet<Nid> _withoutMdt0 = [];                    // its MDT0000 is not the one that they connected to
    readonly HashSet<(Nid, string)> _evicted = [];              // from OSTs, and not connected again
    readonly HashSet<(Nid, string)> _early = [];                // connected before the recorded client was
    readonly Dictionary<(Nid, ulong), Answered> _answered = []; // changes, by xid
    readonly Dictionary<(Nid, Nid, ulong), ulong> _transnos = [];   // ours, by client, server, theirs
    readonly Dictionary<(Nid, ulong), ulong> _versions = [];        // of the recover table: ours, by client, theirs

    /// <summary>Lets happen what has happened before a moment.</summary>
    async Task LetHappenAsync(long timeNanoseconds)
    {
        while (_events.TryPeek(out ServerEvent? next) && next.TimeNanoseconds <= timeNanoseconds)
        {
            _events.Dequeue();
            await UntilAsync(next.TimeNanoseconds);
            switch (next.Fate)
            {
                case ServerFate.CopyMdsDisk:
                    await _cluster.CopyMdsDiskAsync();
                    break;
                case ServerFate.SyncAndKillMds:
                    await _cluster.CopyMdsDiskAsync();
                    goto case ServerFate.KillMds;
                case ServerFate.KillMds:
                    _cluster.KillMds();
                    _withoutMdt0.UnionWith(_clients.Keys);
                    break;
                case ServerFate.StartMds:
                    await _cluster.StartMdsAsync();
                    break;
                case ServerFate.RemountOst0:
                    await _cluster.RemountOst0Async();
                    break;
                case ServerFate.EvictFirstClient:
                    Nid evicted = _clients.Keys.First();
                    await _cluster.EvictAsync(evicted);
                    _evicted.UnionWith(_handles.Keys.Where(key => key.Item1 == evicted && IsOst(key.Item2)));
                    _early.ExceptWith(_evicted);
                    break;
            }
        }
    }

    /// <summary>A client that connects to one OST, after it was idle or thrown out, connects to the others too: its
    /// objects are on other ones here. The recorded connect that follows is not sent then.</summary>
    async Task ConnectOthersAsync(Nid client, string target)
    {
        _evicted.Remove((client, target));
        foreach (string other in _connects.Keys.Where(other => IsOst(other) && other != target).ToList())
        {
            bool isNew = _hasOutages && !_handles.ContainsKey((client, other))
                && NextConnect(client, other).Request is not null;
            bool isEvicted = _evicted.Remove((client, other));
            if (!isNew && !isEvicted)
                continue;
            await ConnectAsync(client, other, _recording);
            _early.Add((client, other));
        }
    }

    static bool IsOst(string target) => target.Contains("-OST", StringComparison.Ordinal);

    /// <summary>Remembers what is to be said of a change if it is replayed.</summary>
    void Remember(Exchange exchange, RecordedMessage reply, Arrived arrived)
    {
        if (exchange.Opcode == (uint)MgsOpcode.ConfigRead)
            RememberVersion(exchange, reply, arrived);
        if (reply.Decoded.Body.Transno is 0 or ulong.MaxValue
            || exchange.DecodeReply(arrived.Bytes) is not { } ours || !ours.TryFind(out PtlrpcBodyV3 body)
            || body.Transno == 0)
            return;
        // What a replay is answered the client does not tell again.
        _answered.TryAdd((reply.Client, reply.Xid), new Answered(reply.Payload, arrived.Bytes));
        _transnos.TryAdd((reply.Client, reply.Server, reply.Decoded.Body.Transno), body.Transno);
    }

    /// <summary>A replay speaks of an answer of ours; a client that connects again, of the first change that it will
    /// replay.</summary>
    void Recall(Exchange exchange, byte[] request)
    {
        RecordedMessage recorded = exchange.Request;
        if ((recorded.Decoded.Body.Flags & MsgFlags.REPLAY) != 0
            && _answered.TryGetValue((recorded.Client, recorded.Xid), out Answered? answered))
            answered.Tell(recorded.Payload, request);
        Assert.Equal(Libcfs.Errno.OK, LustreMessage.Parse(request, out LustreMessage message));
        if (exchange.Opcode == (uint)MgsOpcode.ConfigRead)
        {
            ref MgsConfigBody wanted = ref MemoryMarshal.AsRef<MgsConfigBody>(message.Buffer(1));
            if (_versions.TryGetValue((recorded.Client, wanted.Offset), out ulong version))
                wanted.Offset = version;
        }
        if (TargetOfConnect(exchange) is null)
            return;
        ref ObdConnectData data = ref MemoryMarshal.AsRef<ObdConnectData>(message.Buffer(4));
        if (_transnos.TryGetValue((recorded.Client, recorded.Server, data.Transno), out ulong transno))
            data.Transno = transno;
    }

    /// <summary>Up to where a client has read the recover table.</summary>
    void RememberVersion(Exchange exchange, RecordedMessage reply, Arrived arrived)
    {
        byte[] copy = [.. arrived.Bytes];
        if (exchange.DecodeReply(copy) is not { } ours || !ours.TryFind(out MgsConfigRes our)
            || !((MessagePart)reply.Decoded.Payload!).TryFind(out MgsConfigRes their))
            return;
        _versions[(reply.Client, their.Offset)] = our.Offset;
    }
}
