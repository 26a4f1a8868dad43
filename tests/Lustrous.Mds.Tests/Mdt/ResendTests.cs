using Lustrous.Idl.Fids;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>A reply that is lost: the request comes again, and is executed once.</summary>
public sealed class ResendTests
{
    [Fact]
    public void An_open_that_made_a_file_gives_the_same_handle_again() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        LoseNextReply(world);
        MdtAnswer open = await c.CreateFileAsync(MdtWorld.Root, "f");
        Assert.Equal(1, world.Sim.Network.Lost);
        Assert.Equal(Errno.OK, open.Error);
        Assert.True((open.Dispositions & Dispositions.OPEN_CREATE) != 0);
        Assert.Equal(2, world.Lod.Live.Count);
        Assert.NotNull(open.Lock);
        Assert.Equal(open.Fid, open.Lock.Fid);
        Assert.NotEqual(0UL, open.Transno);
        Assert.Equal(Errno.OK, (await c.UnlinkAsync(MdtWorld.Root, "f")).Error);
        Assert.Equal(Errno.OK, (await c.CloseAsync(open)).Error);
        Assert.Empty(world.Lod.Live);
    });

    [Fact]
    public void An_open_with_O_EXCL_does_not_find_its_own_file_in_the_way() => MdtWorld.Run(async world =>
    {
        LoseNextReply(world);
        MdtAnswer open = await world.Client.OpenAsync(
            MdtWorld.Root, "f", MdsOpenFlags.CREAT | MdsOpenFlags.EXCL | MdsOpenFlags.FMODE_WRITE);
        Assert.Equal(Errno.OK, open.Error);
        Assert.Equal(Errno.OK, (await world.Client.CloseAsync(open)).Error);
    });

    [Theory]
    [InlineData("mkdir")]
    [InlineData("unlink")]
    [InlineData("rename")]
    [InlineData("link")]
    public void A_change_that_is_sent_twice_is_made_once(string change) => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        LoseNextReply(world);
        MdtAnswer done = change switch
        {
            "mkdir" => await c.MkdirAsync(MdtWorld.Root, "d"),
            "unlink" => await c.UnlinkAsync(MdtWorld.Root, "f"),
            "rename" => await c.RenameAsync(MdtWorld.Root, "f", MdtWorld.Root, "g"),
            _ => await c.LinkAsync(fid, MdtWorld.Root, "g"),
        };
        Assert.Equal(1, world.Sim.Network.Lost);
        Assert.Equal(Errno.OK, done.Error);
        Assert.NotEqual(0UL, done.Transno);
    });

    [Fact]
    public void A_close_that_is_sent_twice_is_no_stale_handle() => MdtWorld.Run(async world =>
    {
        MdtAnswer open = await world.Client.CreateFileAsync(MdtWorld.Root, "f");
        LoseNextReply(world);
        Assert.Equal(Errno.OK, (await world.Client.CloseAsync(open, size: 10)).Error);
        Assert.Equal(1, world.Sim.Network.Lost);
    });

    static void LoseNextReply(MdtWorld world)
    {
        bool lost = false;
        world.Sim.Network.Lose = (from, _, header) =>
        {
            if (lost || from != world.Server.Nid || header.Type != LNetMessageType.Put
                || header.Portal != Portals.MDC_REPLY_PORTAL)
                return false;
            return lost = true;
        };
    }
}
