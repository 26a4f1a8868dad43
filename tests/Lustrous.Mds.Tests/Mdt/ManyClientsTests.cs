using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Simulation;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Several clients at once on the same few names, on a good network and on a bad one: everything ends, and
/// what is left is a sound name space.</summary>
public sealed class ManyClientsTests
{
    const int Clients = 4;
    const int Steps = 60;

    [Fact]
    public void Clients_that_race_leave_a_sound_name_space() =>
        Seeds.Simulate(25, sim => MdtWorld.RunAsync(sim, world => RaceAsync(world, sim), Clients));

    [Fact]
    public void So_they_do_when_messages_are_lost() => Seeds.Simulate(15, sim =>
    {
        sim.Network.DefaultLink = SimLinkOptions.Default with { DropProbability = 0.01, CutProbability = 0.002 };
        return MdtWorld.RunAsync(sim, async world =>
        {
            await RaceAsync(world, sim, () => sim.Network.DefaultLink = SimLinkOptions.Default);
        }, Clients);
    });

    [Fact]
    public void So_they_do_when_one_dies() => Seeds.Simulate(15, sim => MdtWorld.RunAsync(sim, async world =>
    {
        var work = new List<Task>();
        for (int i = 1; i < Clients; i++)
            work.Add(WorkAsync(world[i], sim.Random.Fork()));
        _ = WorkAsync(world[0], sim.Random.Fork());
        await sim.Delay(TimeSpan.FromMilliseconds(5 + sim.Random.Next(20)));
        world[0].Node.Crash(loud: false);
        await Task.WhenAll(work);
        // Whoever is silent is evicted: by a lock it does not give back, or because it sends no pings.
        await sim.Delay(TimeSpan.FromSeconds(400));
        Assert.Equal(Clients - 1, world.Mdt.Target.ExportCount);
        await GoAsync(world, sim);
    }, Clients));

    static async Task RaceAsync(MdtWorld world, Simulation.Simulation sim, Action? calm = null)
    {
        var work = new List<Task>();
        for (int i = 0; i < Clients; i++)
            work.Add(WorkAsync(world[i], sim.Random.Fork()));
        await Task.WhenAll(work);
        calm?.Invoke();
        await GoAsync(world, sim);
    }

    static async Task GoAsync(MdtWorld world, Simulation.Simulation sim)
    {
        await world.LeaveAsync();
        await sim.SettledAsync();
        NameSpaceCheck.Run(world);
    }

    static async Task WorkAsync(MdtClient c, SeededRandom random)
    {
        var directories = new List<Fid> { MdtWorld.Root };
        var open = new List<MdtAnswer>();
        for (int step = 0; step < Steps; step++)
        {
            c.Time++;
            Fid a = directories[random.Next(directories.Count)];
            Fid b = directories[random.Next(directories.Count)];
            string name = $"n{random.Next(4)}";
            string other = $"n{random.Next(4)}";
            await StepAsync(c, random, directories, open, a, b, name, other);
        }
        foreach (MdtAnswer file in open)
            Assert.Equal(Errno.OK, (await c.CloseAsync(file, size: 100)).Error);
    }

    static async Task StepAsync(
        MdtClient c, SeededRandom random, List<Fid> directories, List<MdtAnswer> open, Fid a, Fid b, string name,
        string other)
    {
        switch (random.Next(11))
        {
            case 0:
                MdtAnswer made = await c.MkdirAsync(a, name);
                if (made.Error == Errno.OK)
                    directories.Add(made.Fid);
                break;
            case 1 or 2:
                MdtAnswer file = await c.CreateFileAsync(a, name);
                if (file.Body.OpenHandle.IsUsed && file.Error == Errno.OK)
                    open.Add(file);
                break;
            case 3:
                MdtAnswer found = await c.LookupAsync(a, name);
                if (found.Error == Errno.OK && found.Fid != default && found.Lock is not null)
                    await c.LinkAsync(found.Fid, b, other);
                break;
            case 4:
                await c.UnlinkAsync(a, name);
                break;
            case 5:
                await c.RmdirAsync(a, name);
                break;
            case 6 or 7:
                await c.RenameAsync(a, name, b, other);
                break;
            case 8 when open.Count > 0:
                MdtAnswer closed = open[^1];
                open.RemoveAt(open.Count - 1);
                Assert.Equal(Errno.OK, (await c.CloseAsync(closed)).Error);
                break;
            case 9:
                MdtAnswer stat = await c.StatAsync(a, name);
                if (stat.Lock is not null)
                    Assert.Equal(stat.Fid, stat.Lock.Fid);
                break;
            default:
                await c.ChmodAsync(a, 0x1FF);
                break;
        }
    }
}
