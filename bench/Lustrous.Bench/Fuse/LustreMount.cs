using Lustrous.Utils.Hosting;

namespace Lustrous.Bench.Fuse;

/// <summary>All of Lustrous and a mount of it in this process, for another process to measure.</summary>
static class LustreMount
{
    public static async Task<int> ServeAsync(string mountPoint)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            new LocalClusterOptions(), CancellationToken.None);
        await using FuseMount mount = await cluster.MountAsync(mountPoint, CancellationToken.None);
        Console.WriteLine(mount.Transport.ToString());
        await mount.Completion;
        return 0;
    }
}
