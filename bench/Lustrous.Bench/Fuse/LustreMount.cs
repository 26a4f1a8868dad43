using Lustrous.Utils.Hosting;

namespace Lustrous.Bench.Fuse;

/// <summary>All of Lustrous and mounts of it in this process, for another process to measure.</summary>
static class LustreMount
{
    public static async Task<int> ServeAsync(string[] mountPoints)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            new LocalClusterOptions(), CancellationToken.None);
        var mounts = new List<FuseMount>();
        foreach (string mountPoint in mountPoints)
            mounts.Add(await cluster.MountAsync(mountPoint, CancellationToken.None));
        Console.WriteLine(mounts[0].Transport.ToString());
        foreach (FuseMount mount in mounts)
        {
            await mount.Completion;
            await mount.DisposeAsync();
        }
        return 0;
    }
}
