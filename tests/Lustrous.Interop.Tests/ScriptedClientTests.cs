using Lustrous.Idl.LNet;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Interop.Tests.Replay;
using Lustrous.Interop.Tests.Script;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Simulation;
using Lustrous.Simulation.Tests.Cluster;
using Lustrous.Utils.Hosting;

namespace Lustrous.Interop.Tests;

/// <summary>Recorded kernel servers answer a mount of ours: it reads what they say as the kernel's client did.
/// </summary>
public sealed class ScriptedClientTests(ITestOutputHelper output)
{
    /// <summary>Recording j-dne: a directory over two MDTs, one on the second, and files of both.</summary>
    [Fact]
    public void A_directory_over_two_MDTs_is_listed_and_its_names_are_found()
    {
        string[] names = [.. "df".SelectMany(kind => Enumerable.Range(1, 8).Select(i => $"{kind}{i}"))];
        Run(async (posix, servers) =>
        {
            Result<string[]> listed = await posix.ListAsync("sdir");
            Assert.Equal(Errno.OK, listed.Error);
            Assert.Equal(names, listed.Value);
            Result<Llite.LliteAttributes> striped = await posix.StatAsync("sdir");
            Assert.Equal(Errno.OK, striped.Error);
            Assert.Equal(0x41EDu, striped.Value.Mode);
            Assert.Equal(Errno.OK, (await posix.StatAsync("sdir/d3")).Error);
            // The name is on MDT0000, and the directory on MDT0001.
            Result<Llite.LliteAttributes> remote = await posix.StatAsync("dir0");
            Assert.Equal(Errno.OK, remote.Error);
            Assert.Equal("[0x2c0000403:0x3f8:0x0]", remote.Value.Fid.ToString());
            Result<string[]> elsewhere = await posix.ListAsync("dir0");
            Assert.Equal(Errno.OK, elsewhere.Error);
            Assert.Contains("a2", elsewhere.Value);
            Assert.Empty(servers.Unknown);
            Nid[] read =
            [
                .. servers.Asked.Where(asked => asked.Key.StartsWith("MDS_READPAGE", StringComparison.Ordinal))
                    .Select(asked => asked.Server),
            ];
            Assert.Contains(ReplayCluster.Mds, read);
            Assert.Contains(ReplayCluster.Oss, read);
        });
    }

    void Run(Func<PosixClient, ScriptedServers, Task> life)
    {
        Assert.SkipWhen(Places.Shared is null, Places.NoRecordings);
        var mount = Recording.Load("a-mount", Places.Recording("a-mount")!);
        var dne = Recording.Load("j-dne", Places.Recording("j-dne")!);
        // After the recorded "ls -l sdir".
        RecordedMessage listed = dne.Messages.First(
            m => m.Kind == MessageKind.Reply && m.Name == "MDS_REINT:MIGRATE");
        Simulation.Simulation.Run(1, async sim =>
        {
            ScriptedServers servers = await ScriptedServers.StartAsync(
                sim, "10.99.0.21@tcp", listed.TimeNanoseconds, mount, dne);
            SimNode node = await sim.AddNodeAsync(Nid.Parse("10.99.0.21@tcp").Value);
            try
            {
                await node.RunAsync(() => LiveAsync(node, posix => life(posix, servers)));
            }
            finally
            {
                foreach ((Nid server, string key) in servers.Asked)
                    output.WriteLine($"{server} {key}");
                foreach (string unknown in servers.Unknown)
                    output.WriteLine($"unknown: {unknown}");
                servers.Close();
            }
        });
    }

    static async Task LiveAsync(SimNode node, Func<PosixClient, Task> life)
    {
        var lustre = new LustreNode(node.LNet);
        Assert.Equal(Errno.OK, lustre.Start());
        Result<ClientMount> mounted = await ClientMount.MountAsync(
            lustre,
            new ClientMountOptions
            {
                FsName = ReplayCluster.FsName,
                Mgs = [new LNetProcessId(ReplayCluster.Mds, LNetProcessId.LustrePid)],
            },
            default);
        Assert.Equal(Errno.OK, mounted.Error);
        await life(new PosixClient(mounted.Value.Llite));
        await mounted.Value.DisposeAsync();
        await lustre.DisposeAsync();
    }
}
