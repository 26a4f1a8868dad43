using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests;

/// <summary>One thread, virtual time, and the seed decides the order.</summary>
public sealed class SchedulerTests
{
    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_seed_another()
    {
        var hashes = new HashSet<ulong>();
        for (ulong seed = 1; seed <= 20; seed++)
        {
            SimReport first = Simulation.Run(seed, Mix);
            Assert.Equal(first, Simulation.Run(seed, Mix));
            hashes.Add(first.TraceHash);
        }
        Assert.Equal(20, hashes.Count);
    }

    [Fact]
    public void Hours_of_virtual_time_pass_at_once_and_in_order()
    {
        Seeds.Simulate(10, async sim =>
        {
            var order = new List<int>();
            Task[] all =
            [
                Sleep(3), Sleep(1), Sleep(2),
            ];
            await Task.WhenAll(all);
            Assert.Equal([1, 2, 3], order);
            Assert.True(sim.Now >= TimeSpan.FromHours(3));

            async Task Sleep(int hours)
            {
                await sim.Delay(TimeSpan.FromHours(hours));
                order.Add(hours);
            }
        });
    }

    [Fact]
    public void Work_due_at_the_same_time_runs_in_an_order_that_seeds_vary()
    {
        var orders = new HashSet<string>();
        Seeds.Each(30, seed => Simulation.Run(seed, async sim =>
        {
            string order = "";
            for (int i = 0; i < 3; i++)
            {
                string name = $"{i}";
                ((IWorkQueue)sim.Test).Post(_ => order += name, null);
            }
            await sim.SettledAsync();
            Assert.Equal(3, order.Length);
            orders.Add(order);
        }));
        Assert.True(orders.Count >= 4 || Environment.GetEnvironmentVariable("LUSTROUS_SEED") is not null);
    }

    [Fact]
    public void Waiting_for_what_cannot_come_is_a_deadlock_that_names_its_seed()
    {
        var failure = Assert.Throws<SimFailedException>(() =>
            Simulation.Run(77, _ => new TaskCompletionSource().Task));
        Assert.IsType<SimHangException>(failure.InnerException);
        Assert.Contains("deadlock", failure.Message, StringComparison.Ordinal);
        Assert.Contains("LUSTROUS_SEED=77", failure.Message, StringComparison.Ordinal);
        Assert.Contains(
            nameof(Waiting_for_what_cannot_come_is_a_deadlock_that_names_its_seed), failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Work_that_posts_itself_for_ever_is_a_runaway()
    {
        var failure = Assert.Throws<SimFailedException>(() => Simulation.Run(1, async sim =>
        {
            Again(sim.Test);
            await sim.Delay(TimeSpan.FromSeconds(1));

            static void Again(IWorkQueue work) => work.Post(static w => Again((IWorkQueue)w!), work);
        }, SimOptions.Default with { MaxEvents = 10_000, PostDelayProbability = 0 }));
        Assert.Contains("runaway", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_periodic_timer_does_not_hide_a_hang()
    {
        var failure = Assert.Throws<SimFailedException>(() => Simulation.Run(1, async sim =>
        {
            await using ITimer timer = sim.Test.Node.Clock.CreateTimer(
                _ => { }, null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
            await new TaskCompletionSource().Task;
        }));
        Assert.Contains("hang", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_in_any_event_fails_the_run()
    {
        var failure = Assert.Throws<SimFailedException>(() => Simulation.Run(1, async sim =>
        {
            ((IWorkQueue)sim.Test).Post(_ => Lassert.Lbug("broken"), null);
            await sim.Delay(TimeSpan.FromSeconds(1));
        }));
        Assert.IsType<LbugException>(failure.InnerException);
    }

    [Fact]
    public void Work_from_another_thread_fails_the_run()
    {
        var failure = Assert.Throws<SimFailedException>(() => Simulation.Run(1, async sim =>
        {
            var thread = new Thread(() => ((IWorkQueue)sim.Test).Post(_ => { }, null));
            thread.Start();
            thread.Join();
            await sim.Delay(TimeSpan.FromSeconds(1));
        }));
        Assert.Contains("another thread", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_timer_neither_fires_nor_moves_time()
    {
        SimReport report = Simulation.Run(1, async sim =>
        {
            int fired = 0;
            ITimer timer = sim.Test.Node.Clock.CreateTimer(
                _ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            await sim.Delay(TimeSpan.FromSeconds(3.5));
            Assert.Equal(3, fired);
            timer.Change(TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
            await timer.DisposeAsync();
            await sim.Delay(TimeSpan.FromSeconds(1));
            Assert.Equal(3, fired);
        });
        Assert.True(report.VirtualTime < TimeSpan.FromSeconds(6));
    }

    [Fact]
    public void A_crashed_host_runs_nothing_any_more()
    {
        Seeds.Simulate(10, async sim =>
        {
            var host = sim.AddHost("h");
            int after = 0;
            Task body = host.RunAsync(async () =>
            {
                while (true)
                {
                    await host.Delay(TimeSpan.FromSeconds(1));
                    after++;
                }
            });
            await sim.Delay(TimeSpan.FromSeconds(5.5));
            host.Kill();
            await sim.Delay(TimeSpan.FromSeconds(5));
            Assert.Equal(5, after);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => body);
        });
    }

    [Fact]
    public void The_wall_clock_starts_at_a_fixed_date()
    {
        Simulation.Run(5, async sim =>
        {
            Assert.Equal(SimTimeProvider.Epoch, sim.Test.Node.Clock.GetUtcNow() - sim.Now);
            TimeSpan before = sim.Test.Node.Uptime;
            await sim.Delay(TimeSpan.FromSeconds(10));
            Assert.Equal(10, (sim.Test.Node.Uptime - before).TotalSeconds, 3);
        });
    }

    /// <summary>Timers, posts and awaits of several hosts, with choices of their own.</summary>
    static async Task Mix(Simulation sim)
    {
        var hosts = new SimHost[3];
        for (int i = 0; i < hosts.Length; i++)
            hosts[i] = sim.AddHost($"h{i}");
        await Task.WhenAll(hosts.Select(host => host.RunAsync(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                await host.Delay(TimeSpan.FromMilliseconds(host.Node.Random.Next(5)));
                await Task.Yield();
                host.Note("step", (ulong)i);
            }
        })));
    }
}
