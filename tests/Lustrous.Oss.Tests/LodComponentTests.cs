using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Lustrous.Mds.Lod;
using Lustrous.Obdclass.Storage;
using Lustrous.Oss.Tests.Support;

namespace Lustrous.Oss.Tests;

/// <summary>Layouts in several components, and several objects on one OST.</summary>
public sealed class LodComponentTests
{
    const uint Unit = 1 << 20;

    static readonly Fid s_file = new(0x200000402, 5);

    static LovUserCompositeEa.Component Part(ulong start, ulong end, ushort stripes, LovPattern more = 0) => new(
        new LuExtent { Start = start * Unit, End = end == 0 ? ulong.MaxValue : end * Unit },
        new LovUserEa { Pattern = LovPattern.RAID0 | more, StripeCount = stripes });

    static byte[] Wanted(params LovUserCompositeEa.Component[] parts) =>
        new LovUserCompositeEa { Components = parts }.ToArray();

    [Fact]
    public void Only_what_begins_a_file_has_objects_at_once() => LodTests.Run(3, async world =>
    {
        LodLayout made = (await world.Mdt.Lod.ChooseAsync(
            s_file, Wanted(Part(0, 4, 1), Part(4, 16, 2), Part(16, 0, LovUserEa.AllStripes)), default, default)).Value;
        LovCompositeEa layout = LovCompositeEa.Parse(made.Ea).Value;
        Assert.Equal([1, 0, 0], layout.Components.Select(one => one.Layout.Objects.Count));
        Assert.Equal([1, 2, 65535], layout.Components.Select(one => (int)one.Layout.StripeCount));
        Assert.All(layout.Components, one => Assert.Equal(Unit, one.Layout.StripeSize));
        Assert.Equal(layout.Components[0].Layout.Objects, made.Objects);

        LodLayout grown = (await world.Mdt.Lod.ExtendAsync(
            s_file, made.Ea, new LuExtent { Start = 15 * Unit, End = 17 * Unit }, default)).Value;
        LovCompositeEa after = LovCompositeEa.Parse(grown.Ea).Value;
        Assert.Equal([1, 2, 3], after.Components.Select(one => one.Layout.Objects.Count));
        Assert.Equal(5, grown.Objects.Count);
        Assert.Equal(layout.Generation + 1, after.Generation);
        Assert.Equal(6, after.Components.SelectMany(one => one.Layout.Objects).Select(one => one.ObjectId).Distinct()
            .Count());
        world.Mdt.Lod.Discard(grown);
        world.Mdt.Lod.Discard(made);
    });

    [Fact]
    public void All_objects_of_all_components_go_with_the_file() => LodTests.Run(2, async world =>
    {
        LodLayout made = (await world.Mdt.Lod.ChooseAsync(
            s_file, Wanted(Part(0, 4, 1), Part(4, 0, 2)), default, default)).Value;
        LodLayout grown = (await world.Mdt.Lod.ExtendAsync(
            s_file, made.Ea, new LuExtent { Start = 5 * Unit, End = 6 * Unit }, default)).Value;
        foreach (LodLayout layout in (LodLayout[])[made, grown])
        {
            DtTransaction transaction = world.Mdt.Storage.Begin();
            Assert.Equal(Errno.OK, world.Mdt.Lod.DeclareCreate(transaction, layout));
            Assert.Equal(Errno.OK, transaction.Start());
            Assert.Equal(Errno.OK, world.Mdt.Lod.Create(transaction, layout));
            transaction.Stop(Errno.OK);
        }
        LovOstDataV1[] objects = [.. made.Objects, .. grown.Objects];
        Assert.Equal(3, objects.Length);
        Assert.All(objects, one => Assert.True(world.Storage(one.Index).Locate(one.ObjectId.FidView).Exists));
        Assert.Equal(Errno.OK, world.Mdt.Unlink(grown.Ea));
        await world.Sim.Delay(TimeSpan.FromSeconds(30));
        Assert.All(objects, one => Assert.False(world.Storage(one.Index).Locate(one.ObjectId.FidView).Exists));
    });

    [Fact]
    public void Overstriping_goes_round_the_OSTs_several_times() => LodTests.Run(2, async world =>
    {
        Result<byte[]> ea = await world.Mdt.CreateFileAsync(
            s_file, new LovUserEa { Pattern = LovPattern.RAID0 | LovPattern.OVERSTRIPING, StripeCount = 5 });
        LovEa layout = LovEa.Parse(ea.Value).Value;
        Assert.Equal(LovPattern.RAID0 | LovPattern.OVERSTRIPING, layout.Pattern);
        Assert.Equal(5, layout.Objects.Count);
        Assert.Equal(5, layout.Objects.Select(one => one.ObjectId).Distinct().Count());
        Assert.Equal([0u, 1], layout.Objects.Select(one => one.Index).Distinct().Order().ToArray());
        Assert.NotEqual(layout.Objects[0].Index, layout.Objects[1].Index);
        // Where nothing repeats, it is a plain file.
        LovEa two = LovEa.Parse((await world.Mdt.CreateFileAsync(
            s_file, new LovUserEa { Pattern = LovPattern.RAID0 | LovPattern.OVERSTRIPING, StripeCount = 2 })).Value)
            .Value;
        Assert.Equal(LovPattern.RAID0, two.Pattern);
    });

    [Fact]
    public void What_does_not_fit_together_or_is_not_built_is_refused() => LodTests.Run(2, async world =>
    {
        async Task Refuse(Errno error, params LovUserCompositeEa.Component[] parts)
        {
            Assert.Equal(error, (await world.Mdt.Lod.ChooseAsync(s_file, Wanted(parts), default, default)).Error);
            Assert.Equal(error, world.Mdt.Lod.CheckDirectoryDefault(Wanted(parts)).Error);
        }
        await Refuse(Errno.EINVAL, Part(1, 4, 1));
        await Refuse(Errno.EINVAL, Part(0, 4, 1), Part(5, 0, 1));
        await Refuse(Errno.EINVAL, Part(0, 4, 1), Part(3, 0, 1));
        await Refuse(Errno.EOPNOTSUPP, Part(0, 1, 0, LovPattern.MDT), Part(1, 0, 1));
        byte[] mirrors = Wanted(Part(0, 0, 1));
        mirrors[16] = 1;
        Assert.Equal(Errno.EOPNOTSUPP, (await world.Mdt.Lod.ChooseAsync(s_file, mirrors, default, default)).Error);
        byte[] good = Wanted(Part(0, 4, 1), Part(4, 0, 2));
        for (int length = 0; length < good.Length; length++)
            Assert.True(LovUserCompositeEa.Parse(good.AsSpan(0, length)).Failed);
        Assert.Equal(good, world.Mdt.Lod.CheckDirectoryDefault(good).Value);
    });
}
