using CsCheck;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Client;

/// <summary>The parts of the client that know no network.</summary>
public sealed class PartsTests
{
    static readonly PtlrpcOptions Limits = PtlrpcOptions.Default;

    [Fact]
    public void An_estimate_rises_at_once_and_falls_when_its_history_has_passed()
    {
        var estimate = new AdaptiveTimeout(Limits);
        Assert.Equal(5, estimate.Seconds);                  // at_min
        estimate.Measure(20, 1000);
        estimate.Measure(0, 1001);                          // an error, no measurement
        estimate.Measure(7, 1002);
        Assert.Equal(20, estimate.Seconds);
        estimate.Measure(7, 1000 + 599);
        Assert.Equal(20, estimate.Seconds);
        estimate.Measure(7, 1000 + 600);
        Assert.Equal((7, 20), (estimate.Seconds, estimate.WorstSeconds));
        estimate.Measure(100_000, 1700);
        Assert.Equal(600, estimate.Seconds);                // at_max
    }

    [Fact]
    public void Time_limits_follow_from_estimates_as_in_Lustre()
    {
        Assert.Equal(11, PtlrpcOptions.EstimateToTimeout(5));
        Assert.Equal(4, PtlrpcOptions.TimeoutToEstimate(11));
        var timeouts = new ImportTimeouts(Limits);
        Assert.Equal(11, timeouts.RequestSeconds(28, isServerSide: false));
        timeouts.Service(28).Measure(40, 100);
        Assert.Equal((55, 11), (timeouts.RequestSeconds(28, false), timeouts.RequestSeconds(6, false)));
        timeouts.MeasureLatency(elapsedSeconds: 2, serviceSeconds: 100, now: 100);      // of another attempt
        Assert.Equal(0, timeouts.NetLatency.CurrentSeconds);
        var off = new ImportTimeouts(Limits with { AtMaxSeconds = 0 });
        Assert.Equal((100, 50, 0), (off.RequestSeconds(28, false), off.RequestSeconds(15, true), off.LatencySeconds));
    }

    [Fact]
    public void A_life_that_begins_within_the_second_has_xids_of_its_own() => Seeds.Simulate(1, async sim =>
    {
        SimNode node = await sim.AddNodeAsync();
        ulong first = new XidGenerator(node.Context).Next();
        await sim.Delay(TimeSpan.FromMilliseconds(50));
        Assert.InRange(new XidGenerator(node.Context).Next() - first, 50_000UL, 60_000UL);
    });

    [Fact]
    public void Xids_rise_in_steps_and_a_later_life_starts_above_an_earlier_one() => Seeds.Simulate(1, async sim =>
    {
        SimNode node = await sim.AddNodeAsync();
        var first = new XidGenerator(node.Context);
        ulong a = first.Next(), b = first.Next();
        Assert.Equal((0UL, 128UL, b + 128), (a % 128, b - a, first.Peek()));
        await sim.Delay(TimeSpan.FromSeconds(1));
        Assert.True(new XidGenerator(node.Context).Next() > b);
    });

    [Fact]
    public void Slots_are_never_shared_and_one_close_goes_beyond_the_limit()
    {
        var slots = new ModRpcSlots { Limit = 3 };
        Assert.Equal([1, 2, 3, 0], Enumerable.Range(0, 4).Select(_ => (int)slots.TryTake(isClose: false)));
        Assert.Equal(4, slots.TryTake(isClose: true));
        Assert.Equal(0, slots.TryTake(isClose: true));
        slots.Return(2, isClose: false);
        Assert.Equal(0, slots.TryTake(isClose: false));     // the close counts
        slots.Return(4, isClose: true);
        Assert.Equal(2, slots.TryTake(isClose: false));
    }

    [Fact]
    public void The_replay_list_is_in_order_of_transno_and_forgets_what_is_committed() =>
        Gen.Select(Gen.ULong[1, 50].Array[1, 40], Gen.ULong[0, 60]).Sample((transnos, committed) =>
        {
            var list = new ReplayList<Replayed>();
            Replayed[] all = [.. transnos.Select((transno, i) => new Replayed(transno, (ulong)i + 1, i % 5 == 0))];
            foreach (Replayed request in all)
                list.Retain(request);
            list.Committed(committed);
            List<Replayed> released = [];
            list.Prune(1, released);
            Assert.Equal(all.Where(r => r.Transno <= committed && !r.KeepForReplay), released.OrderBy(r => r.Xid));

            // Two of one transno are replayed both, in the order of their numbers.
            var order = new List<Replayed>();
            for (Replayed? next = list.Next(0, 0); next is not null; next = list.Next(next.Transno, next.Xid))
                order.Add(next);
            Assert.Equal(all.Except(released).OrderBy(r => r.Transno).ThenBy(r => r.Xid), order);
            released.Clear();
            list.Prune(2, released);                        // a new generation: nothing of the old one counts
            Assert.Equal(0, list.Count);
        });

    /// <summary>An open's reply may come after another that has told of its commit.</summary>
    [Fact]
    public void What_is_retained_after_its_commit_is_replayed_in_its_place()
    {
        var list = new ReplayList<Replayed>();
        Replayed[] all = [.. new ulong[] { 10, 12, 11, 9, 13 }.Select((t, i) => new Replayed(t, (ulong)i + 1, t < 13))];
        List<Replayed> released = [];
        list.Retain(all[0]);
        list.Retain(all[1]);
        list.Retain(all[4]);
        list.Committed(12);
        list.Prune(1, released);
        Assert.True(list.Retain(all[2]));
        Assert.True(list.Retain(all[3]));
        list.Prune(1, released);
        Assert.Empty(released);

        Assert.Equal(9ul, list.FirstTransno);
        var order = new List<ulong>();
        for (Replayed? next = list.Next(0, 0); next is not null; next = list.Next(next.Transno, next.Xid))
            order.Add(next.Transno);
        Assert.Equal([9, 10, 11, 12, 13], order);
        Assert.True(list.LetGo(all[2]));
        Assert.False(list.LetGo(all[4]));
        Assert.Equal(4, list.Count);
    }

    [Fact]
    public void Deadlines_come_in_order_and_only_those_left() => Seeds.Simulate(10, async sim =>
    {
        SimNode node = await sim.AddNodeAsync();
        await node.RunAsync(async () =>
        {
            var queue = new DeadlineQueue(node.Context);
            var told = new List<Timed>();
            TimeSpan start = node.Context.Uptime;
            Timed[] all = [.. Enumerable.Range(0, 200).Select(_ => new Timed(told))];
            foreach (Timed timed in all)
                Set(timed, sim.Random.Next(10_000));
            foreach (Timed timed in all[..60])
                Assert.True(queue.Remove(timed.Deadline));
            foreach (Timed timed in all[60..120])
                Set(timed, sim.Random.Next(10_000));        // moved
            await sim.Delay(TimeSpan.FromSeconds(11));
            Assert.Equal(all[60..].OrderBy(t => t.Due).Select(t => t.Due), told.Select(t => t.Due));
            Assert.Equal(0, queue.Count);
            queue.Dispose();

            void Set(Timed timed, int milliseconds)
            {
                timed.Due = start + TimeSpan.FromMilliseconds(milliseconds);
                queue.Set(timed.Deadline, timed.Due);
            }
        });
    });

    [Theory]
    [InlineData("", 0xFFFFFFFFu)]
    [InlineData("123456789", 0x340BC6D9u)]                  // CRC-32's check value, not inverted
    public void The_checksum_is_crc32_without_the_last_step(string text, uint expected) =>
        Assert.Equal(expected, MessageChecksum.Of(System.Text.Encoding.ASCII.GetBytes(text)));

    sealed class Timed : IDeadlineOwner
    {
        readonly List<Timed> _told;

        public Timed(List<Timed> told)
        {
            _told = told;
            Deadline = new Deadline(this);
        }

        public Deadline Deadline { get; }

        public TimeSpan Due { get; set; }

        public void OnDeadline() => _told.Add(this);
    }

    sealed class Replayed : IReplayable<Replayed>
    {
        public Replayed(ulong transno, ulong xid, bool keep)
        {
            (Transno, Xid, KeepForReplay) = (transno, xid, keep);
            ReplayNode = new(this);
        }

        public LinkedListNode<Replayed> ReplayNode { get; }

        public ulong Transno { get; }

        public ulong Xid { get; }

        public int Generation => 1;

        public bool KeepForReplay { get; }
    }
}
