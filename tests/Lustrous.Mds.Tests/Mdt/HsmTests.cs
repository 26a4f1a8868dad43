using Lustrous.Idl.Fids;
using Lustrous.Idl.Hsm;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>How a file stands with an archive: flags only.</summary>
public sealed class HsmTests
{
    // tar on a kernel client sets the times of what it wrote, and each time the client marks the file dirty.
    [Fact]
    public void A_file_without_a_copy_does_not_become_dirty() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.EINVAL, await c.HsmStateSetAsync(fid, HsmStates.DIRTY));
        Assert.Equal((Errno.OK, default(HsmUserState)), await c.HsmStateGetAsync(fid));
        Assert.Equal(Errno.ENODATA, (await c.GetxattrAsync(fid, "trusted.hsm")).Error);
    });

    [Fact]
    public void Flags_are_kept_and_never_contradict_one_another() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.OK, await c.HsmStateSetAsync(fid, HsmStates.NORELEASE));
        Assert.Equal(HsmStates.NORELEASE, (await c.HsmStateGetAsync(fid)).State.States);
        Assert.Equal(24, (await c.GetxattrAsync(fid, "trusted.hsm")).Value.Length);
        Assert.Equal(Errno.EINVAL, await c.HsmStateSetAsync(fid, HsmStates.RELEASED));
        Assert.Equal(Errno.EINVAL, await c.HsmStateSetAsync(fid, HsmStates.LOST));
        Assert.Equal(Errno.EINVAL, await c.HsmStateSetAsync(fid, (HsmStates)0x200));
        Assert.Equal(
            Errno.OK, await c.HsmStateSetAsync(fid, HsmStates.EXISTS | HsmStates.ARCHIVED, HsmStates.NORELEASE, 3));
        HsmUserState state = (await c.HsmStateGetAsync(fid)).State;
        Assert.Equal((HsmStates.EXISTS | HsmStates.ARCHIVED, 3U), (state.States, state.ArchiveId));
        Assert.Equal(Errno.EINVAL, await c.HsmStateSetAsync(fid, HsmStates.RELEASED | HsmStates.DIRTY));
        Assert.Equal(Errno.OK, await c.HsmStateSetAsync(fid, HsmStates.DIRTY, HsmStates.ARCHIVED));
        Assert.Equal(HsmStates.EXISTS | HsmStates.DIRTY, (await c.HsmStateGetAsync(fid)).State.States);
    });

    [Fact]
    public void What_a_user_may_set_is_little() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        c.Uid = 1000;
        Assert.Equal(Errno.EPERM, await c.HsmStateSetAsync(fid, HsmStates.EXISTS));
        Assert.Equal(Errno.EPERM, await c.HsmStateSetAsync(fid, HsmStates.NOARCHIVE));      // another's file
        Assert.Equal(Errno.ENOENT, (await c.HsmStateGetAsync(new Fid(FidSeq.NORMAL + 7, 7))).Error);
        Assert.Equal(Errno.ENOENT, await c.HsmStateSetAsync(new Fid(FidSeq.NORMAL + 7, 7), HsmStates.NOARCHIVE));
    });
}
