using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Lustrous.Simulation;

/// <summary>
/// One run: a scheduler, a network and nodes, and the test's own code, which runs as a host named <c>test</c>.
/// </summary>
public sealed partial class Simulation
{
    readonly SimHost _test;

    Simulation(ulong seed, SimOptions options)
    {
        Seed = seed;
        Scheduler = new SimScheduler(seed, options);
        _test = new SimHost(Scheduler, "test", 0);
        Network = new SimNetwork(this);
    }

    public ulong Seed { get; }

    public SimScheduler Scheduler { get; }

    public SimNetwork Network { get; }

    /// <summary>The host of the test's own code.</summary>
    public SimHost Test => _test;

    /// <summary>Chance for the test's own choices.</summary>
    public Libcfs.SeededRandom Random => _test.Node.Random;

    public TimeSpan Now => Scheduler.Now;

    /// <summary>Waits in virtual time.</summary>
    public Task Delay(TimeSpan time) => _test.Delay(time);

    /// <summary>Ends when nothing is due and no message travels: only timers are left.</summary>
    public Task SettledAsync() => Scheduler.SettledAsync();

    /// <summary>
    /// Runs <paramref name="body"/> and then checks that every node that still lives gave back what it took. Throws
    /// <see cref="SimFailedException"/>, with the seed and the command that repeats the run, when anything failed.
    /// </summary>
    public static SimReport Run(
        ulong seed, Func<Simulation, Task> body, SimOptions? options = null, [CallerMemberName] string test = "")
    {
        ArgumentNullException.ThrowIfNull(body);
        SynchronizationContext? outside = SynchronizationContext.Current;
        var simulation = new Simulation(seed, options ?? Seeds.Options(SimOptions.Default));
        try
        {
            Task all = simulation._test.RunAsync(async () =>
            {
                await body(simulation);
                await simulation.StopAllAsync();
            });
            simulation.Scheduler.RunUntil(all);
            if (all.IsFaulted)
                ExceptionDispatchInfo.Throw(all.Exception!.InnerException!);
            if (all.IsCanceled)
                throw new SimHangException("the test waited for a host that crashed");
            simulation.CheckLeaks();
            return new SimReport(simulation.Scheduler.Trace.Hash, simulation.Scheduler.EventCount, simulation.Now);
        }
#pragma warning disable CA1031 // every failure is reported with its seed
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw new SimFailedException(simulation.Describe(e, test), e);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outside);
            simulation.Scheduler.Options.TraceText?.Flush();
        }
    }

    string Describe(Exception e, string test)
    {
        string project = Assembly.GetEntryAssembly()?.GetName().Name ?? "Lustrous.Simulation.Tests";
        return string.Create(CultureInfo.InvariantCulture, $"""
            seed {Seed}, virtual time {Now}, event {Scheduler.EventCount}: {e.GetType().Name}: {e.Message}
            repeat with: LUSTROUS_SEED={Seed} dotnet run --project tests/{project} -- -method "*.{test}"
            last events:
            {Scheduler.Trace.Tail()}
            """);
    }
}

/// <summary>What a run came to: equal reports are equal runs.</summary>
public readonly record struct SimReport(ulong TraceHash, long Events, TimeSpan VirtualTime);

/// <summary>A run failed; the message has the seed, the command that repeats it and the last events.</summary>
public sealed class SimFailedException(string message, Exception inner) : Exception(message, inner);
