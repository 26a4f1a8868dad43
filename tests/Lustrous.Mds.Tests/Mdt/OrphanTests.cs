using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Files that are open and have lost their name.</summary>
public sealed class OrphanTests
{
    /// <summary>A client that has not come back yet may have it open too.</summary>
    [Fact]
    public void One_closed_while_clients_come_back_stays_until_all_have() => MdtWorld.Run(async world =>
    {
        MdtAnswer open = await world.Client.CreateFileAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.OK, (await world.Client.UnlinkAsync(MdtWorld.Root, "f")).Error);
        world.Server.Host.Call(() => world.Mdt.Target.IsRecovering = true);
        Assert.Equal(Errno.OK, (await world.Client.CloseAsync(open)).Error);
        Assert.NotEmpty(world.Lod.Live);
        world.Server.Host.Call(() =>
        {
            world.Mdt.Target.IsRecovering = false;
            Assert.Equal(1, world.Mdt.Mdd.DestroyOrphans());
            Assert.Equal(0, world.Mdt.Mdd.DestroyOrphans());
        });
        Assert.Empty(world.Lod.Live);
    });
}
