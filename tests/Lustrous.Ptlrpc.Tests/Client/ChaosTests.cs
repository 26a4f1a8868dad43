using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Client;

/// <summary>
/// A target that loses what it has not committed whenever it crashes, on a network that drops and cuts: every call
/// ends, and what was answered well has been done exactly once.
/// </summary>
public sealed class ChaosTests
{
    [Fact]
    public void Every_call_ends_and_is_done_once_whatever_happens() => Seeds.Simulate(25, sim =>
    {
        sim.Network.DefaultLink = SimLinkOptions.Default with
        {
            DropProbability = 0.02,
            CutProbability = 0.01,
            Connections = 3,
        };
        return ClientPair.RunAsync(
            sim, RunAsync, options => options with { MaxRpcsInFlight = 16, MaxModRpcsInFlight = 6 });
    });

    static async Task RunAsync(ClientPair pair)
    {
        var target = new Target(pair);
        target.Serve(pair.Server);
        await pair.ConnectAsync();
        var done = new List<ulong>();
        Task[] callers = [.. Enumerable.Range(0, 8).Select(_ => CallerAsync(pair, done))];
        Task all = Task.WhenAll(callers);
        for (int i = 0; i < 3 && !all.IsCompleted; i++)
        {
            await pair.Sim.Delay(TimeSpan.FromMilliseconds(pair.Sim.Random.Next(20)));
            target.Crash();
            await pair.RestartServerAsync(target.Serve);
        }
        await all;
        Assert.Equal(Errno.OK, await pair.CallAsync());     // the last crash may not have been noticed yet
        Assert.Equal(80, done.Count);
        Assert.All(done, xid => Assert.Equal(1, target.TimesDone(xid)));
        Assert.Equal(0, pair.Invalidations);
        target.Commit();
        TimeSpan limit = pair.Sim.Now + TimeSpan.FromMinutes(10);
        while (pair.Node.RequestCount > 0)
        {
            // The ping that hears of the commit may get lost, and the connection with it.
            Assert.True(
                pair.Sim.Now < limit,
                $"{pair.Node.RequestCount} requests are left: {pair.Import.GetInfo()}, last {target.Last}");
            await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        }
    }

    static async Task CallerAsync(ClientPair pair, List<ulong> done)
    {
        for (int i = 0; i < 10; i++)
        {
            using PtlrpcRequest request = pair.NewCall();
            request.IsModifying = true;
            Assert.Equal(Errno.OK, await request.SendAsync(default));
            done.Add(request.Xid);
            await pair.Sim.Delay(TimeSpan.FromMilliseconds(pair.Sim.Random.Next(5)));
        }
    }

    /// <summary>Does each request once, by xid; its transactions are lost in a crash unless committed.</summary>
    sealed class Target(ClientPair pair)
    {
        readonly SortedDictionary<ulong, ulong> _xidOfTransno = [];
        ulong _committed;
        ulong _last;
        bool _recovering;
        ulong _handle = 0x1001;
        bool _known;

        public ulong Last => _last;

        public int TimesDone(ulong xid) => _xidOfTransno.Values.Count(done => done == xid);

        public void Commit() => pair.Server.LastCommitted = _committed = _last;

        public void Crash()
        {
            foreach (ulong transno in _xidOfTransno.Keys.Where(transno => transno > _committed).ToArray())
                _xidOfTransno.Remove(transno);
            (_recovering, _known) = (true, false);
            _handle++;
        }

        public void Serve(ScriptedServer server)
        {
            server.Handle = _handle;
            server.LastCommitted = _committed;
            server.Script = request => Handle(server, request);
        }

        bool Handle(ScriptedServer server, ScriptedRequest request)
        {
            if (request.IsConnect)
            {
                server.ConnectOpFlags = MsgConnectFlags.REPLAYABLE | (_recovering ? MsgConnectFlags.RECOVERING : 0)
                    | (_known ? MsgConnectFlags.RECONNECT : 0);
                _known = true;
                return false;
            }
            if (request.Opcode == (uint)ObdOpcode.Ping)
            {
                if (request.Body.Flags.HasFlag(MsgFlags.REQ_REPLAY_DONE))
                    _recovering = false;
                return false;
            }
            if (request.Opcode != (uint)OstOpcode.Statfs)
                return false;
            Assert.Equal(_recovering, request.IsReplay);
            ulong transno = request.IsReplay ? request.Body.Transno : TransnoOf(request);
            _xidOfTransno[transno] = request.Xid;
            _last = Math.Max(_last, transno);
            if (pair.Sim.Random.Next(4) == 0)
                server.LastCommitted = _committed =
                    Math.Max(_committed, pair.Sim.Random.Next(2) == 0 ? transno - 1 : _committed);
            request.Reply(change: body => body with { Transno = transno });
            return true;
        }

        ulong TransnoOf(ScriptedRequest request)
        {
            foreach ((ulong transno, ulong xid) in _xidOfTransno)
            {
                if (xid == request.Xid)
                    return transno;         // a resend: its reply was lost
            }
            return _last + 1;
        }
    }
}
