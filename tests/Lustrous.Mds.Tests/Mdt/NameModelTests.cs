using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Simulation;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Random operations on names, each compared with the model; then the whole tree.</summary>
public sealed class NameModelTests
{
    const int Steps = 250;
    const int NameCount = 5;

    [Fact]
    public void Random_operations_do_what_posix_says() =>
        Seeds.Simulate(12, sim => MdtWorld.RunAsync(sim, world => RunAsync(world, sim.Random)));

    static async Task RunAsync(MdtWorld world, SeededRandom random)
    {
        MdtClient c = world.Client;
        var model = new NameModel(MdtWorld.Root);
        for (int step = 0; step < Steps; step++)
        {
            c.Time++;
            List<NameModel.Entry> directories = model.Directories;
            NameModel.Entry a = directories[random.Next(directories.Count)];
            NameModel.Entry b = directories[random.Next(directories.Count)];
            string name = $"n{random.Next(NameCount)}";
            string other = $"n{random.Next(NameCount)}";
            (string what, Errno expected, Errno got) = random.Next(10) switch
            {
                0 or 1 => await MakeAsync(c, model, a, name, isDirectory: true),
                2 => await MakeAsync(c, model, a, name, isDirectory: false),
                3 => ("link", a.Names!.GetValueOrDefault(name) is { } source
                    ? model.Link(source, b, other) : Errno.ENOENT,
                    a.Names!.GetValueOrDefault(name) is { } linked
                        ? (await c.LinkAsync(linked.Fid, b.Fid, other)).Error : Errno.ENOENT),
                4 => ("unlink", model.Remove(a, name, isRmdir: false), (await c.UnlinkAsync(a.Fid, name)).Error),
                5 => ("rmdir", model.Remove(a, name, isRmdir: true), (await c.RmdirAsync(a.Fid, name)).Error),
                _ => await RenameAsync(c, model, a, name, b, other),
            };
            Assert.True(expected == got, $"step {step}: {what} {a.Fid}/{name} {b.Fid}/{other}: {got}, not {expected}");
        }
        await CompareAsync(world, model);
    }

    static async Task<(string, Errno, Errno)> MakeAsync(
        MdtClient c, NameModel model, NameModel.Entry parent, string name, bool isDirectory)
    {
        MdtAnswer made = isDirectory
            ? await c.MkdirAsync(parent.Fid, name)
            : await c.CreateAsync(parent.Fid, name, 0x81A4);
        var entry = new NameModel.Entry(made.Fid, isDirectory) { Parent = parent };
        return ("make", model.Make(parent, name, entry), made.Error);
    }

    static async Task<(string, Errno, Errno)> RenameAsync(
        MdtClient c, NameModel model, NameModel.Entry a, string name, NameModel.Entry b, string other)
    {
        // Clients tell the source's mode, or do not know it.
        uint mode = a.Names!.GetValueOrDefault(name) is { IsDirectory: true } ? 0x4000u : 0;
        MdtAnswer done = await c.RenameAsync(a.Fid, name, b.Fid, other, a.Links % 2 == 0 ? mode : 0);
        return ("rename", model.Rename(a, name, b, other), done.Error);
    }

    static async Task CompareAsync(MdtWorld world, NameModel model)
    {
        foreach (NameModel.Entry directory in model.Directories)
        {
            List<DirEntry> names = await ReaddirTests.ReadAllAsync(world.Client, directory.Fid, 1 << 20);
            Assert.Equal(
                directory.Names!.Select(n => (n.Key, n.Value.Fid)),
                names.Skip(2).Select(n => (n.Name, n.Fid)).OrderBy(n => n.Name, StringComparer.Ordinal));
            Fid parent = directory.Parent?.Fid ?? MdtWorld.Root;
            Assert.Equal([directory.Fid, parent], names.Take(2).Select(n => n.Fid));
            foreach ((string name, NameModel.Entry entry) in directory.Names!)
            {
                MdtAnswer stat = await world.Client.StatAsync(directory.Fid, name);
                Assert.Equal((entry.Fid, (uint)entry.Links), (stat.Fid, stat.Body.Nlink));
            }
        }
    }
}
