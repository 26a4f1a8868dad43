using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class ServiceTests
{
    [Fact]
    public void An_xattr_is_set_listed_cached_and_removed() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        await one.MkdirAsync("d");
        LliteInode here = (await one.LookupAsync("d")).Value.Inode!;
        LliteInode there = (await other.LookupAsync("d")).Value.Inode!;
        Assert.Equal(Errno.ENODATA, (await GetAsync(other, there, "user.a")).Error);
        Assert.Equal(Errno.OK, await SetAsync(one, here, "user.a", "first", 1));
        Assert.Equal(Errno.EEXIST, await SetAsync(one, here, "user.a", "second", 1));
        Assert.Equal(Errno.ENODATA, await SetAsync(one, here, "user.b", "second", 2));
        Assert.Equal("first", (await GetAsync(other, there, "user.a")).Value);
        long before = other.Requests;
        Assert.Equal("first", (await GetAsync(other, there, "user.a")).Value);
        Assert.Equal(Errno.ENODATA, (await GetAsync(other, there, "user.b")).Error);
        Assert.Equal(before, other.Requests);
        Assert.Equal(Errno.OK, await SetAsync(one, here, "user.a", "second", 0));
        Assert.Equal("second", (await GetAsync(other, there, "user.a")).Value);
        Assert.Contains("user.a\0", await ListAsync(other, there), StringComparison.Ordinal);
        Assert.Equal(Errno.OK, await other.RunAsync(() => other.Mount.RemovexattrAsync(
            there, "user.a"u8, LliteClient.Root, default).AsTask()));
        Assert.Equal(Errno.ENODATA, (await GetAsync(one, here, "user.a")).Error);
        Assert.Equal(Errno.EOPNOTSUPP, await SetAsync(one, here, "other.a", "x", 0));
    });

    [Fact]
    public void A_buffer_that_is_too_small_for_an_xattr_is_ERANGE() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteInode inode = (await client.MkdirAsync("d")).Value.Inode!;
        await SetAsync(client, inode, "user.a", "0123456789", 0);
        Result<int> length = await client.RunAsync(() => client.Mount.GetxattrAsync(
            inode, "user.a"u8, default, LliteClient.Root, default).AsTask());
        Assert.Equal(10, length.Value);
        Result<int> read = await client.RunAsync(async () =>
        {
            using PooledBuffer buffer = client.Mount.Context.Buffers.Take(5);
            return await client.Mount.GetxattrAsync(
                inode, "user.a"u8, buffer.Slice(0, 5), LliteClient.Root, default);
        });
        Assert.Equal(Errno.ERANGE, read.Error);
    });

    [Fact]
    public void Statfs_tells_of_all_targets_and_of_each() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        Result<LliteStatfs> all = await client.RunAsync(() => client.Mount.StatfsAsync(default).AsTask());
        Result<IReadOnlyList<TargetStatfs>> each =
            await client.RunAsync(() => client.Mount.StatfsTargetsAsync(default).AsTask());
        Assert.Equal(
            ["lustre-MDT0000_UUID", "lustre-OST0000_UUID", "lustre-OST0001_UUID"],
            each.Value.Select(target => target.Uuid));
        Assert.All(each.Value, target => Assert.Equal(Errno.OK, target.Error));
        Assert.Equal(
            each.Value.Where(target => !target.IsMdt).Sum(target => (long)target.Room.Blocks), (long)all.Value.Blocks);
        Assert.True(all.Value.Files > 0 && all.Value.FilesFree > 0);
        Assert.Equal(["lustre-OST0000_UUID", "lustre-OST0001_UUID"], client.Mount.Osts.Select(ost => ost.Uuid));
        Assert.All(client.Mount.Mdts, mdt => Assert.True(mdt.IsActive));
    });

    [Fact]
    public void A_path_is_found_by_FID_and_a_FID_by_number() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteInode directory = (await client.MkdirAsync("d")).Value.Inode!;
        LliteInode inner = (await client.MkdirAsync("e", directory)).Value.Inode!;
        Result<string> path = await client.RunAsync(
            () => client.Mount.FidToPathAsync(inner.Fid, default).AsTask());
        Assert.Equal("d/e", path.Value.TrimStart('/'));
        Result<LliteEntry> found = await client.RunAsync(
            () => client.Mount.LookupFidAsync(inner.Fid, default).AsTask());
        Assert.Same(inner, found.Value.Inode);
        Result<LliteEntry> missing = await client.RunAsync(
            () => client.Mount.LookupFidAsync(new(0x200000400, 0x9999), default).AsTask());
        Assert.Equal(Errno.ESTALE, missing.Error);
    });

    [Fact]
    public void A_directorys_layout_is_its_files_layout() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteInode directory = (await client.MkdirAsync("d")).Value.Inode!;
        Assert.Equal(Errno.ENODATA, (await StripeAsync(client, directory)).Error);
        byte[] wanted = Layout(stripeSize: 1 << 20, stripeCount: 2);
        Assert.Equal(Errno.OK, await client.RunAsync(() => client.Mount.SetStripeAsync(
            directory, wanted, LliteClient.Root, default).AsTask()));
        Result<byte[]> ofDirectory = await StripeAsync(client, directory);
        Assert.Equal(2, MemoryMarshal.Read<LovUserMdV1>(ofDirectory.Value).StripeCount);
        LliteFile file = (await client.CreateAsync("f", parent: directory)).Value.Opened.File;
        LovUserMdV1 ofFile = MemoryMarshal.Read<LovUserMdV1>((await StripeAsync(client, file.Inode)).Value);
        Assert.Equal((2, 1u << 20), (ofFile.StripeCount, ofFile.StripeSize));
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
    });

    [Fact]
    public void A_file_is_created_with_a_layout_of_its_own() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        Result<LliteCreated> created = await client.RunAsync(() => client.Mount.CreateStripedAsync(
            client.Mount.Root, "f"u8, 0x1A4, LliteOpenFlags.ReadWrite | LliteOpenFlags.Create, Layout(1 << 16, 2),
            LliteClient.Root, default).AsTask());
        Assert.Equal(Errno.OK, created.Error);
        LliteFile file = created.Value.Opened.File;
        byte[] bytes = new byte[500_000];
        new Random(1).NextBytes(bytes);
        await client.WriteAsync(file, 0, bytes);
        Assert.Equal(bytes, await client.ReadAsync(file, 0, bytes.Length));
        Result<byte[]> layout = await StripeAsync(client, file.Inode);
        Assert.Equal(2, MemoryMarshal.Read<LovUserMdV1>(layout.Value).StripeCount);
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
    });

    [Fact]
    public void Parameters_are_read_and_set() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        await client.LookupAsync("x");
        var parameters = client.Parameters.Match("llite.lustre-*.*");
        Assert.Contains(parameters, p => p.Name.EndsWith(".stats", StringComparison.Ordinal)
            && p.Parameter.Read!().Contains("lookup", StringComparison.Ordinal));
        var statahead = parameters.Single(p => p.Name.EndsWith(".statahead_max", StringComparison.Ordinal));
        Assert.Equal(Errno.OK, statahead.Parameter.Write!("7"));
        Assert.Equal(7, client.Mount.Tunables.StataheadMax);
        Assert.Equal(Errno.ERANGE, statahead.Parameter.Write!("-1"));
    });

    static byte[] Layout(uint stripeSize, ushort stripeCount)
    {
        var layout = new LovUserMdV1
        {
            Magic = LovUserMagic.V1,
            Pattern = LovPattern.RAID0,
            StripeSize = stripeSize,
            StripeCount = stripeCount,
            StripeOffset = ushort.MaxValue,
        };
        var bytes = new byte[Unsafe.SizeOf<LovUserMdV1>()];
        MemoryMarshal.Write(bytes, in layout);
        return bytes;
    }

    static Task<Result<byte[]>> StripeAsync(LliteClient client, LliteInode inode) => client.RunAsync(
        () => client.Mount.GetStripeAsync(inode, LliteClient.Root, default).AsTask());

    static Task<Result<string>> GetAsync(LliteClient client, LliteInode inode, string name) =>
        client.RunAsync<Result<string>>(async () =>
        {
            using PooledBuffer buffer = client.Mount.Context.Buffers.Take(4096);
            Result<int> read = await client.Mount.GetxattrAsync(
                inode, LliteClient.Bytes(name), buffer.Slice(0, 4096), LliteClient.Root, default);
            return read.Failed ? read.Error : Encoding.UTF8.GetString(buffer.Span[..read.Value]);
        });

    static Task<Errno> SetAsync(LliteClient client, LliteInode inode, string name, string value, int flags) =>
        client.RunAsync(() => client.Mount.SetxattrAsync(
            inode, LliteClient.Bytes(name), LliteClient.Bytes(value), flags, LliteClient.Root, default).AsTask());

    static Task<string> ListAsync(LliteClient client, LliteInode inode) => client.RunAsync(async () =>
    {
        using PooledBuffer buffer = client.Mount.Context.Buffers.Take(4096);
        Result<int> read = await client.Mount.ListxattrAsync(
            inode, buffer.Slice(0, 4096), LliteClient.Root, default);
        return Encoding.UTF8.GetString(buffer.Span[..read.Value]);
    });
}
