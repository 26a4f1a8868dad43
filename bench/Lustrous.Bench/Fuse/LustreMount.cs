using System.Globalization;
using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.Utils.Hosting;

namespace Lustrous.Bench.Fuse;

/// <summary>All of Lustrous and mounts of it in this process, for another process to measure.</summary>
static class LustreMount
{
    const string FsName = "lustre";
    static readonly Nid s_server = Nid.Parse("127.0.0.1@tcp").Value;

    /// <param name="store">Folder of the targets; null: in memory.</param>
    /// <param name="mountPoints">Where.</param>
    public static async Task<int> ServeAsync(string? store, string[] mountPoints)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            new LocalClusterOptions { Store = store }, CancellationToken.None);
        var mounts = new List<FuseMount>();
        foreach (string mountPoint in mountPoints)
            mounts.Add(await cluster.MountAsync(mountPoint, CancellationToken.None));
        Console.WriteLine(mounts[0].Transport.ToString());
        // Each line of input asks how many requests there were.
        new Thread(() => Answer(mounts[0])) { IsBackground = true }.Start();
        foreach (FuseMount mount in mounts)
        {
            await mount.Completion;
            await mount.DisposeAsync();
        }
        return 0;
    }

    static void Answer(FuseMount mount)
    {
        while (Console.ReadLine() is not null)
            Console.WriteLine(mount.Requests.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The servers alone, over TCP, until the input ends.</summary>
    public static async Task<int> ServeTcpAsync(int port)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            new LocalClusterOptions { FsName = FsName, Nid = s_server, Port = port }, CancellationToken.None);
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        return 0;
    }

    /// <summary>A mount alone, of servers in another process.</summary>
    public static async Task<int> MountTcpAsync(string nid, int port, string mountPoint)
    {
        await using HostNode node = await HostNode.StartAsync(
            new HostOptions { Nid = Nid.Parse(nid).Value, Port = port }, CancellationToken.None);
        await using FuseMount mount = await FuseMount.MountAsync(
            node,
            new FuseMountRequest
            {
                MountPoint = mountPoint,
                FsName = FsName,
                Mgs = [new LNetProcessId(s_server, LNetProcessId.LustrePid)],
            },
            CancellationToken.None);
        Console.WriteLine(mount.Transport.ToString());
        await mount.Completion;
        return 0;
    }
}
