using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

/// <summary>Files in several components (PFL) between real servers and two mounts.</summary>
public sealed class GrowingLayoutTests
{
    const int Unit = 64 << 10;

    static byte[] Wanted { get; } = new LovUserCompositeEa
    {
        Components =
        [
            new(new LuExtent { Start = 0, End = 2 * Unit }, Striped(1)),
            new(new LuExtent { Start = 2 * Unit, End = 8 * Unit }, Striped(2)),
            new(new LuExtent { Start = 8 * Unit, End = ulong.MaxValue }, Striped(LovUserEa.AllStripes)),
        ],
    }.ToArray();

    static LovUserEa Striped(ushort count) =>
        new() { Pattern = LovPattern.RAID0, StripeSize = Unit, StripeCount = count };

    static async Task<LliteFile> CreateAsync(LliteClient client, string name = "f")
    {
        Result<LliteCreated> created = await client.RunAsync(() => client.Mount.CreateStripedAsync(
            client.Mount.Root, LliteClient.Bytes(name), 0x1A4, LliteOpenFlags.ReadWrite | LliteOpenFlags.Create, Wanted,
            LliteClient.Root, default).AsTask());
        Assert.Equal(Errno.OK, created.Error);
        return created.Value.Opened.File;
    }

    static async Task<LovCompositeEa> LayoutAsync(LliteClient client, LliteInode inode)
    {
        Result<byte[]> layout = await client.RunAsync(
            () => client.Mount.GetStripeAsync(inode, LliteClient.Root, default).AsTask());
        Result<LovCompositeEa> parsed = LovCompositeEa.Parse(layout.Value);
        Assert.Equal(Errno.OK, parsed.Error);
        return parsed.Value;
    }

    static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Fact]
    public void A_component_gets_its_objects_when_it_is_first_written() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteFile file = await CreateAsync(client);
        LovCompositeEa before = await LayoutAsync(client, file.Inode);
        Assert.Equal([true, false, false], before.Components.Select(component => component.IsInitialized));
        Assert.Equal([1u, 2, 3], before.Components.Select(component => component.Id));
        Assert.Equal(3u, before.Generation);
        byte[] bytes = Pattern(3 * Unit, 1);
        Assert.Equal(bytes.Length, (await client.WriteAsync(file, Unit, bytes)).Value);
        LovCompositeEa after = await LayoutAsync(client, file.Inode);
        Assert.Equal([true, true, false], after.Components.Select(component => component.IsInitialized));
        Assert.Equal(4u, after.Generation);
        Assert.Equal(2, after.Components[1].Layout.Objects.Count);
        Assert.Equal(before.Components[0].Layout.Objects, after.Components[0].Layout.Objects);
        Assert.Equal(bytes, await client.ReadAsync(file, Unit, bytes.Length));
        Assert.Equal(4ul * Unit, (await client.StatAsync(file.Inode)).Value.Attributes.Size);
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
    });

    [Fact]
    public void Another_mount_hears_of_a_layout_that_grows() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        LliteFile writer = await CreateAsync(one);
        LliteInode there = (await other.LookupAsync("f")).Value.Inode!;
        LliteFile reader = await other.OpenAsync(there, LliteOpenFlags.ReadWrite);
        byte[] first = Pattern(Unit, 1), second = Pattern(3 * Unit, 2), third = Pattern(2 * Unit, 3);
        Assert.Equal(first.Length, (await one.WriteAsync(writer, 0, first)).Value);
        Assert.Equal(first, await other.ReadAsync(reader, 0, 20 * Unit));
        Assert.Equal(second.Length, (await one.WriteAsync(writer, Unit, second)).Value);
        Assert.Equal(4ul * Unit, (await other.StatAsync(there)).Value.Attributes.Size);
        byte[] both = [.. first, .. second];
        Assert.Equal(both, await other.ReadAsync(reader, 0, 20 * Unit));
        // And the other way round, over the border of two components.
        Assert.Equal(third.Length, (await other.WriteAsync(reader, 7 * Unit, third)).Value);
        Assert.Equal(third, await one.ReadAsync(writer, 7 * Unit, 20 * Unit));
        Assert.Equal(new byte[3 * Unit], await one.ReadAsync(writer, 4 * Unit, 3 * Unit));
        Assert.Equal(9ul * Unit, (await one.StatAsync(writer.Inode)).Value.Attributes.Size);
        Assert.Equal(Errno.OK, await one.CloseAsync(writer));
        Assert.Equal(Errno.OK, await other.CloseAsync(reader));
    }, seeds: 3);

    [Fact]
    public void Two_mounts_that_need_the_same_component_get_it_once() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        LliteFile here = await CreateAsync(one);
        LliteInode inode = (await other.LookupAsync("f")).Value.Inode!;
        LliteFile there = await other.OpenAsync(inode, LliteOpenFlags.ReadWrite);
        byte[] left = Pattern(Unit, 4), right = Pattern(Unit, 5);
        Task<Result<int>> first = one.WriteAsync(here, 4 * Unit, left);
        Task<Result<int>> second = other.WriteAsync(there, 5 * Unit, right);
        Assert.Equal(Unit, (await first).Value);
        Assert.Equal(Unit, (await second).Value);
        Assert.Equal(4u, (await LayoutAsync(one, here.Inode)).Generation);
        byte[] both = [.. left, .. right];
        Assert.Equal(both, await one.ReadAsync(here, 4 * Unit, 4 * Unit));
        Assert.Equal(both, await other.ReadAsync(there, 4 * Unit, 4 * Unit));
        Assert.Equal(Errno.OK, await one.CloseAsync(here));
        Assert.Equal(Errno.OK, await other.CloseAsync(there));
    }, seeds: 5);

    [Fact]
    public void A_file_that_is_extended_and_cut_has_objects_where_it_ends() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteFile file = await CreateAsync(client);
        foreach (ulong size in (ulong[])[5 * Unit, 100, 9 * Unit, 0])
        {
            var cut = new LliteSetattr { Valid = SetattrFields.Size, Size = size };
            Result<LliteStat> changed = await client.RunAsync(
                () => client.Mount.SetattrAsync(file.Inode, file, cut, LliteClient.Root, default).AsTask());
            Assert.Equal((Errno.OK, size), (changed.Error, changed.Value.Attributes.Size));
        }
        Assert.All((await LayoutAsync(client, file.Inode)).Components, one => Assert.True(one.IsInitialized));
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
        Assert.Equal(Errno.OK, await client.UnlinkAsync("f"));
    });

    [Fact]
    public void A_directory_gives_its_components_to_its_files() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteInode directory = (await client.MkdirAsync("d")).Value.Inode!;
        Assert.Equal(Errno.OK, await client.RunAsync(() => client.Mount.SetStripeAsync(
            directory, Wanted, LliteClient.Root, default).AsTask()));
        LliteFile file = (await client.CreateAsync("f", parent: directory)).Value.Opened.File;
        Assert.Equal(3, (await LayoutAsync(client, file.Inode)).Components.Count);
        byte[] bytes = Pattern(12 * Unit, 6);
        Assert.Equal(bytes.Length, (await client.WriteAsync(file, 0, bytes)).Value);
        Assert.Equal(bytes, await client.ReadAsync(file, 0, bytes.Length));
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
    });
}
