using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ptlrpc.Tests.Client;

/// <summary>The import's state machine as transcripts: an input a line, and what it makes the import do.</summary>
public sealed class ImportMachineTests
{
    const MsgConnectFlags Replayable = MsgConnectFlags.REPLAYABLE;

    static LNetProcessId Peer(byte k) =>
        new(Nid.FromNid4((ulong)LNetType.Tcp << 48 | 0x0a000000u | k), LNetProcessId.LustrePid);

    static ImportMachine New(params byte[] peers)
    {
        PtlrpcOptions options = PtlrpcOptions.Default;
        return new ImportMachine(
            options, new ImportTimeouts(options), [.. (peers.Length == 0 ? [1] : peers).Select(Peer)])
        {
            AskedFlags = ConnectFlags.AT | ConnectFlags.FLAGS2 | ConnectFlags.CKSUM | ConnectFlags.BRW_SIZE,
            AskedFlags2 = ConnectFlags2.REP_MBITS,
            SupportedChecksums = 4,
        };
    }

    static ConnectReply Reply(
        ulong handle, MsgConnectFlags flags = Replayable, ConnectFlags granted = ConnectFlags.AT) =>
        new() { Handle = handle, OpFlags = flags, Flags = granted };

    static ImportMachine Connected(long now = 100)
    {
        ImportMachine machine = New();
        Assert.Equal(Errno.OK, machine.Connect(now, 0, out ImportActions actions));
        Assert.Equal(ImportActions.SendConnect, actions);
        machine.ConnectReplied(1, Reply(7), now, hasReplay: false);
        Assert.Equal(ImportState.Full, machine.State);
        return machine;
    }

    static ImportMachine Lost(bool hasCache = true)
    {
        ImportMachine machine = Connected();
        if (hasCache)
            machine.CachedData();
        machine.ConnectionLost(1, 200);
        Assert.Equal(Errno.OK, machine.Connect(200, 50, out _));
        return machine;
    }

    [Fact]
    public void A_target_that_has_moved_is_looked_for_where_it_is_said_to_be()
    {
        ImportMachine machine = New(1, 2, 3);
        machine.Connect(100, 0, out _);
        machine.ConnectReplied(1, Reply(7), 100, hasReplay: false);
        machine.Prefer([Peer(3)]);
        machine.Recover(200, 0);
        Assert.Equal(Peer(3), machine.Current!.Peer);
        // Where nobody knew that it might be.
        machine.ConnectFailed(2, Errno.ETIMEDOUT, 205);
        machine.Prefer([Peer(9), Peer(8)]);
        machine.Recover(206, 0);
        Assert.Equal(Peer(9), machine.Current!.Peer);
        Assert.Equal(5, machine.Connections.Count);
        // Of several places of one node the one that was spoken to last.
        machine.ConnectFailed(3, Errno.ETIMEDOUT, 211);
        machine.Prefer([Peer(1), Peer(9)]);
        machine.Recover(212, 0);
        Assert.Equal(Peer(9), machine.Current!.Peer);
    }

    [Fact]
    public void An_import_turned_off_while_disconnected_lets_the_pinger_sleep()
    {
        ImportMachine machine = Connected();
        machine.ConnectionLost(1, 200);
        Assert.True(machine.IsPingForced);
        machine.SetInactive(200);
        Assert.Equal(ImportActions.None, machine.Pinger(200, canIdle: false, committed: 0));
        Assert.False(machine.IsPingForced);
        Assert.True(machine.NextPing > 200);
        Assert.Equal(ImportActions.SendConnect, machine.SetActive(201, committed: 0));
    }

    [Fact]
    public void First_connect_to_an_idle_target_is_full_at_once()
    {
        ImportMachine machine = New();
        machine.Connect(100, 0, out _);
        ImportActions actions = machine.ConnectReplied(1, Reply(7), 100, hasReplay: false);
        Assert.Equal(
            ImportActions.NotifyConnectData | ImportActions.NotifyActive | ImportActions.WakeDelayed, actions);
        Assert.Equal((7UL, true, ImportState.Full), (machine.RemoteHandle, machine.IsReplayable, machine.State));
    }

    [Fact]
    public void First_connect_to_a_recovering_target_says_that_nothing_is_to_be_replayed()
    {
        ImportMachine machine = New();
        machine.Connect(100, 0, out _);
        ImportActions actions =
            machine.ConnectReplied(1, Reply(7, Replayable | MsgConnectFlags.RECOVERING), 100, hasReplay: false);
        Assert.Equal(ImportActions.NotifyConnectData | ImportActions.ReplayLocks, actions);
        Assert.Equal(ImportActions.SendReplayDone, machine.LocksReplayed(1, Errno.OK, 100));
        Assert.Equal(
            ImportActions.Resend | ImportActions.NotifyActive | ImportActions.WakeDelayed,
            machine.ReplayDoneAnswered(1, Errno.OK, 101));
        Assert.Equal(ImportState.Full, machine.State);
    }

    [Fact]
    public void The_same_handle_after_a_partition_resends_what_was_under_way()
    {
        ImportMachine machine = Lost();
        ImportActions actions =
            machine.ConnectReplied(2, Reply(7, Replayable | MsgConnectFlags.RECONNECT), 201, hasReplay: true);
        Assert.Equal(
            ImportActions.NotifyConnectData | ImportActions.Resend | ImportActions.NotifyActive
            | ImportActions.WakeDelayed, actions);
        Assert.Equal(1, machine.Generation);
    }

    [Theory]
    [InlineData(MsgConnectFlags.REPLAYABLE | MsgConnectFlags.RECONNECT)]
    [InlineData(MsgConnectFlags.REPLAYABLE)]
    public void A_new_handle_without_recovery_is_an_eviction(MsgConnectFlags flags)
    {
        ImportMachine machine = Lost();
        ImportActions actions = machine.ConnectReplied(2, Reply(8, flags), 201, hasReplay: true);
        Assert.Equal(
            ImportActions.NotifyConnectData | ImportActions.NotifyEvicted | ImportActions.AbortOldGeneration
            | ImportActions.NotifyInactive | ImportActions.Invalidate, actions);
        Assert.Equal((ImportState.Evicted, 2), (machine.State, machine.Generation));
        Assert.Equal(
            Errno.ESHUTDOWN, machine.Admit(new RequestTraits(ImportState.Full, 2, false, false, false, false)).Error);
        Assert.Equal(
            ImportActions.Resend | ImportActions.NotifyActive | ImportActions.WakeDelayed, machine.Invalidated(202));
        Assert.Equal((ImportState.Full, 8UL), (machine.State, machine.RemoteHandle));
    }

    [Fact]
    public void Without_anything_cached_a_new_handle_costs_nothing()
    {
        ImportMachine machine = Lost(hasCache: false);
        machine.ConnectReplied(2, Reply(8), 201, hasReplay: false);
        Assert.Equal((ImportState.Full, 1), (machine.State, machine.Generation));
    }

    [Fact]
    public void A_restarted_target_gets_requests_then_locks_then_the_word_that_all_is_done()
    {
        ImportMachine machine = Lost();
        ImportActions actions =
            machine.ConnectReplied(2, Reply(9, Replayable | MsgConnectFlags.RECOVERING), 201, hasReplay: true);
        Assert.Equal(ImportActions.NotifyConnectData | ImportActions.ReplayNext, actions);
        Assert.Equal(ImportActions.ReplayNext, machine.Replayed(2, 51, 151, Errno.OK, 202, hasReplay: true));
        Assert.Equal(ImportActions.ReplayLocks, machine.Replayed(2, 52, 152, Errno.OK, 202, hasReplay: false));
        Assert.Equal(52UL, machine.LastReplayTransno);
        Assert.Equal(ImportActions.SendReplayDone, machine.LocksReplayed(2, Errno.OK, 202));
        Assert.Equal(ImportState.ReplayWait, machine.State);
        Assert.True(machine.ReplayDoneAnswered(2, Errno.OK, 203).HasFlag(ImportActions.Resend));
        Assert.Equal(ImportState.Full, machine.State);
    }

    [Fact]
    public void A_connection_lost_during_replay_goes_on_where_it_was()
    {
        ImportMachine machine = Lost();
        machine.ConnectReplied(2, Reply(9, Replayable | MsgConnectFlags.RECOVERING), 201, hasReplay: true);
        machine.Replayed(2, 51, 151, Errno.OK, 202, hasReplay: true);
        Assert.Equal(ImportActions.SendConnect, machine.Replayed(2, 0, 10, Errno.ETIMEDOUT, 203, hasReplay: true));
        MsgConnectFlags flags = Replayable | MsgConnectFlags.RECOVERING | MsgConnectFlags.RECONNECT;
        ImportActions actions = machine.ConnectReplied(3, Reply(9, flags), 204, hasReplay: true);
        Assert.Equal(ImportActions.NotifyConnectData | ImportActions.ReplayNext, actions);
        Assert.Equal(51UL, machine.LastReplayTransno);
        Assert.True(machine.TakeResendReplay());
        Assert.Equal(ImportActions.None, machine.Replayed(2, 52, 152, Errno.OK, 204, hasReplay: true));    // old news
    }

    [Fact]
    public void A_restart_whose_first_answer_was_lost_is_replayed_from_the_beginning()
    {
        ImportMachine machine = Lost();
        machine.ConnectReplied(2, Reply(9, Replayable | MsgConnectFlags.RECOVERING), 201, hasReplay: true);
        machine.Replayed(2, 52, 152, Errno.OK, 202, hasReplay: false);
        machine.LocksReplayed(2, Errno.OK, 202);
        machine.ReplayDoneAnswered(2, Errno.OK, 203);
        machine.ConnectionLost(2, 300);
        machine.Connect(300, 52, out _);
        machine.ConnectFailed(3, Errno.ETIMEDOUT, 305);
        machine.Connect(306, 52, out _);
        MsgConnectFlags flags = Replayable | MsgConnectFlags.RECOVERING | MsgConnectFlags.RECONNECT;
        ImportActions actions = machine.ConnectReplied(4, Reply(10, flags), 306, hasReplay: true);
        Assert.True(actions.HasFlag(ImportActions.ReplayNext));
        Assert.Equal((0UL, false), (machine.LastReplayTransno, machine.TakeResendReplay()));
    }

    [Theory]
    [InlineData(ConnectFlags.AT | ConnectFlags.GRANT, 0UL, 0u, 0u)]
    [InlineData(ConnectFlags.AT | ConnectFlags.FLAGS2, (ulong)ConnectFlags2.LARGE_NID, 0u, 0u)]
    [InlineData(ConnectFlags.BRW_SIZE, 0UL, 100u, 0u)]
    [InlineData(ConnectFlags.CKSUM, 0UL, 0u, 1u)]
    public void An_answer_that_no_server_may_give_is_refused_for_good(
        ConnectFlags flags, ulong flags2, uint brwSize, uint checksums)
    {
        ImportMachine machine = New();
        machine.Connect(100, 0, out _);
        ConnectReply reply = Reply(7, granted: flags) with
        {
            Flags2 = (ConnectFlags2)flags2,
            BrwSizeBytes = brwSize,
            ChecksumTypes = checksums,
        };
        machine.ConnectReplied(1, reply, 100, hasReplay: false);
        Assert.Equal((ImportState.Closed, Errno.EPROTO), (machine.State, machine.ConnectError));
        Assert.False(machine.Supports(ConnectFlags.AT));
        Assert.Equal(Errno.EINVAL, machine.Connect(101, 0, out _));
    }

    [Fact]
    public void Addresses_are_tried_in_turn_and_the_one_that_worked_stays_first()
    {
        ImportMachine machine = New(1, 2, 3);
        var tried = new List<Nid>();
        for (uint attempt = 1; attempt <= 4; attempt++)
        {
            long now = 100 + attempt * 10;
            machine.Connect(now, 0, out _);
            tried.Add(machine.Current!.Peer.Nid);
            machine.ConnectFailed(attempt, Errno.ETIMEDOUT, now + 5);
        }
        Assert.Equal([Peer(1).Nid, Peer(2).Nid, Peer(3).Nid, Peer(1).Nid], tried);
        machine.Connect(200, 0, out _);
        Assert.Equal(Peer(2), machine.Current!.Peer);
        machine.ConnectReplied(5, Reply(7), 200, hasReplay: false);
        Assert.Equal(Peer(2), machine.Connections[0].Peer);
    }

    [Fact]
    public void A_busy_target_is_asked_again_at_the_same_address()
    {
        ImportMachine machine = New(1, 2);
        machine.Connect(100, 0, out _);
        machine.ConnectFailed(1, Errno.EBUSY, 101);
        machine.Connect(110, 0, out _);
        Assert.Equal(Peer(1), machine.Current!.Peer);
    }

    [Fact]
    public void What_the_pinger_does_follows_from_the_state()
    {
        ImportMachine machine = Connected(100);
        Assert.Equal(ImportActions.Ping, machine.Pinger(100, canIdle: false, 0));
        Assert.Equal(ImportActions.None, machine.Pinger(110, canIdle: false, 0));
        Assert.Equal(ImportActions.Ping, machine.Pinger(125, canIdle: false, 0));
        machine.Sent(140, isCommitExpected: false);
        Assert.Equal(ImportActions.None, machine.Pinger(150, canIdle: false, 0));
        machine.ConnectionLost(1, 150);
        Assert.Equal(ImportActions.SendConnect, machine.Pinger(150, canIdle: false, 0));
    }

    [Fact]
    public void An_idle_import_disconnects_and_connects_for_the_next_request()
    {
        ImportMachine machine = Connected(100);
        Assert.Equal(ImportActions.SendDisconnect, machine.Pinger(130, canIdle: true, 0));
        Assert.Equal(ImportActions.None, machine.IdleDisconnected(hasRequests: false, 131, 0));
        Assert.Equal(ImportState.Idle, machine.State);
        Assert.Equal(ImportActions.SendConnect, machine.WakeFromIdle(140, 0));
        Assert.Equal(
            Admission.Delay,
            machine.Admit(new RequestTraits(ImportState.Full, machine.Generation, true, true, false, false)));
        machine.ConnectReplied(machine.ConnectCount, Reply(8), 141, hasReplay: false);
        Assert.Equal(ImportState.Full, machine.State);
    }

    [Fact]
    public void Losing_a_target_without_replay_ends_what_is_under_way()
    {
        ImportMachine machine = New();
        machine.Connect(100, 0, out _);
        machine.ConnectReplied(1, Reply(7, flags: 0), 100, hasReplay: false);
        ImportActions actions = machine.ConnectionLost(1, 110);
        Assert.True(actions.HasFlag(ImportActions.AbortOldGeneration));
        Assert.Equal(2, machine.Generation);
        Assert.Equal(ImportActions.None, machine.ConnectionLost(1, 111));
    }

    [Fact]
    public void News_of_an_older_connection_changes_nothing()
    {
        ImportMachine machine = Lost();
        machine.ConnectReplied(2, Reply(7, Replayable | MsgConnectFlags.RECONNECT), 201, hasReplay: false);
        Assert.Equal(ImportActions.None, machine.ConnectionLost(1, 202));
        Assert.Equal(ImportActions.None, machine.ConnectFailed(1, Errno.EIO, 202));
        Assert.Equal(ImportActions.None, machine.ConnectReplied(1, Reply(99), 202, hasReplay: false));
        Assert.Equal((ImportState.Full, 7UL), (machine.State, machine.RemoteHandle));
    }
}
