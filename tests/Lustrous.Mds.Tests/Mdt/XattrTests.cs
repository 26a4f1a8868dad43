using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Extended attributes, and layouts set by them.</summary>
public sealed class XattrTests
{
    [Fact]
    public void Values_come_back_as_they_were_set() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.ENODATA, (await c.GetxattrAsync(fid, "user.a")).Error);
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(fid, "user.a", [1, 2, 3])).Error);
        Assert.Equal([1, 2, 3], (await c.GetxattrAsync(fid, "user.a")).Value);
        Assert.Equal(Errno.EEXIST, (await c.SetxattrAsync(fid, "user.a", [4], flags: 1)).Error);
        Assert.Equal(Errno.ENODATA, (await c.SetxattrAsync(fid, "user.b", [4], flags: 2)).Error);
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(fid, "user.b", [])).Error);
        (Errno error, byte[] value) = await c.GetxattrAsync(fid, "user.b");
        Assert.Equal((Errno.OK, 0), (error, value.Length));
        string names = Encoding.ASCII.GetString((await c.GetxattrAsync(fid, "")).Value);
        Assert.Equal("trusted.link\0trusted.lma\0trusted.lov\0user.a\0user.b\0", names);
        Assert.Equal(Errno.ERANGE, (await c.GetxattrAsync(fid, "user.a", room: 2)).Error);
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(fid, "user.a", null)).Error);
        Assert.Equal(Errno.ENODATA, (await c.SetxattrAsync(fid, "user.a", null)).Error);
    });

    // What a kernel client showed: "LustreError: operation mds_getxattr failed: rc = -61" for an error without a body.
    [Fact]
    public void An_attribute_that_is_not_there_is_an_answer_with_a_body() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        foreach (uint room in (uint[])[0, 256])
        {
            (Errno error, byte[] value, bool hasBody) = await c.GetxattrReplyAsync(fid, "trusted.som", room);
            Assert.Equal((Errno.ENODATA, 0, true), (error, value.Length, hasBody));
        }
    });

    [Fact]
    public void Names_are_for_those_whose_they_are() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f", 0x1A4);
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(fid, "trusted.x", [1])).Error);
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(fid, "trusted.lma", [1])).Error);     // without effect
        Assert.Equal(24, (await c.GetxattrAsync(fid, "trusted.lma")).Value.Length);
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(fid, "security.x", [1])).Error);
        Assert.Equal(Errno.EINVAL, (await c.SetxattrAsync(fid, "system.posix_acl_access", [1])).Error);
        Assert.Equal(Errno.EOPNOTSUPP, (await c.SetxattrAsync(fid, "system.other", [1])).Error);
        c.Uid = 1000;
        Assert.Equal(Errno.EPERM, (await c.SetxattrAsync(fid, "trusted.x", [1])).Error);
        Assert.Equal(Errno.EPERM, (await c.SetxattrAsync(fid, "security.x", [1])).Error);
        Assert.Equal(Errno.EACCES, (await c.SetxattrAsync(fid, "user.x", [1])).Error);
        MdtAnswer link = await world[1].SymlinkAsync(MdtWorld.Root, "l", "f");
        Assert.Equal(Errno.EPERM, (await world[1].SetxattrAsync(link.Fid, "user.x", [1])).Error);
    }, clients: 2);

    [Fact]
    public void The_largest_value_fits_and_one_byte_more_does_not() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        int most = Math.Min(world.Storage.Parameters.MaxXattrSize, 60_000);
        var value = new byte[most];
        new Random(1).NextBytes(value);
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(fid, "user.big", value)).Error);
        Assert.Equal(value, (await c.GetxattrAsync(fid, "user.big")).Value);
    });

    [Fact]
    public void All_names_and_values_come_with_a_lock() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        await c.SetxattrAsync(fid, "user.a", [7, 8]);
        (MdtAnswer answer, string names, byte[] values, uint[] lengths) = await c.GetAllXattrsAsync(fid);
        Assert.Equal(Errno.OK, answer.Error);
        Assert.Equal("trusted.link\0trusted.lma\0trusted.lov\0user.a\0", names);
        Assert.Equal([24u + 18 + 1, 24, 80, 2], lengths);
        Assert.Equal([7, 8], values[^2..]);
        Assert.Equal((uint)values.Length, answer.Body.AclSize);
        Assert.Equal(4u, answer.Body.MaxMdSize);
        Assert.Equal(Idl.Ldlm.InodeBits.XATTR, answer.Lock!.Bits);
        await world[1].SetxattrAsync(fid, "user.a", [9]);
        Assert.Contains(answer.Lock, c.Blocked);
    }, clients: 2);

    [Fact]
    public void A_layout_is_set_before_the_first_write_and_then_for_ever() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        MdtAnswer made = await c.OpenAsync(
            MdtWorld.Root, "f", MdsOpenFlags.CREAT | MdsOpenFlags.FMODE_WRITE | MdsOpenFlags.DELAY_CREATE);
        Assert.Equal(Errno.OK, made.Error);
        Assert.Empty(made.Md);
        MdtAnswer striped = await c.OpenAsync(
            made.Fid, "", MdsOpenFlags.FMODE_WRITE | MdsOpenFlags.BY_FID, ea: Striping(4), child: made.Fid);
        Assert.Equal(Errno.OK, striped.Error);
        Assert.Equal(4, LovEa.Parse(striped.Md).Value.Objects.Count);
        Assert.Equal(Errno.EEXIST, (await c.OpenAsync(
            made.Fid, "", MdsOpenFlags.FMODE_WRITE | MdsOpenFlags.BY_FID, ea: Striping(1), child: made.Fid)).Error);
        Assert.Equal(Errno.EEXIST, (await c.SetxattrAsync(made.Fid, "lustre.lov", Striping(1))).Error);
    });

    [Fact]
    public void A_directory_hands_its_layout_on() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid dir = await c.MakeDirAsync(MdtWorld.Root, "d");
        Assert.Equal(Errno.OK, (await c.SetattrAsync(dir, default, Striping(3))).Error);
        MdtAnswer asked = await c.GetattrAsync(dir, MdtValid.FLID | MdtValid.FLDIREA);
        Assert.Equal(MdtValid.FLDIREA, asked.Body.Valid & MdtValid.FLDIREA);
        Assert.Equal(3, LovUserEa.Parse(asked.Md).Value.StripeCount);
        Fid below = await c.MakeDirAsync(dir, "below");
        MdtAnswer file = await c.CreateFileAsync(below, "f");
        Assert.Equal(3, LovEa.Parse(file.Md).Value.Objects.Count);
        c.Uid = 1000;
        Assert.Equal(Errno.EPERM, (await c.SetattrAsync(dir, default, Striping(1))).Error);
        c.Uid = 0;
        Assert.Equal(Errno.OK, (await c.SetattrAsync(dir, default, Striping(0, size: 0))).Error);
        Assert.Empty((await c.GetattrAsync(dir, MdtValid.FLID | MdtValid.FLDIREA)).Md);
        Assert.NotEmpty((await c.GetattrAsync(MdtWorld.Root, MdtValid.FLID | MdtValid.FLDIREA)).Md);
    });

    static byte[] Striping(ushort count, uint size = 1 << 20)
    {
        var ea = new byte[32];
        MemoryMarshal.Write(ea, new LovUserMdV1
        {
            Magic = LovUserMagic.V1,
            Pattern = LovPattern.RAID0,
            StripeSize = size,
            StripeCount = count,
            StripeOffset = ushort.MaxValue,
        });
        return ea;
    }
}
