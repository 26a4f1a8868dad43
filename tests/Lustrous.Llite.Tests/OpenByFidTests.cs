using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

/// <summary><c>.lustre/fid</c>: a name there is a FID.</summary>
public sealed class OpenByFidTests
{
    [Fact]
    public void An_object_is_found_by_its_FID_with_or_without_brackets() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteFile file = (await client.CreateAsync("f")).Value.Opened.File;
        await client.WriteAsync(file, 0, [1, 2, 3]);
        LliteInode byFid = await ByFidAsync(client);
        string fid = file.Inode.Fid.ToString();
        Assert.Same(file.Inode, (await client.LookupAsync(fid, byFid)).Value.Inode);
        Assert.Same(file.Inode, (await client.LookupAsync(fid.Trim('[', ']'), byFid)).Value.Inode);
        LliteFile again = await client.OpenAsync(file.Inode, LliteOpenFlags.None);
        Assert.Equal(new byte[] { 1, 2, 3 }, await client.ReadAsync(again, 0, 10));
        await client.CloseAsync(again);
        await client.CloseAsync(file);
        foreach (string wrong in (string[])["[0x200000400:0x99999:0x0]", "f", "[0x0:0x0:0x0]", "[0x1:0x1:0x0]"])
            Assert.True(await client.LookupAsync(wrong, byFid) is { Failed: true } or { Value.Inode: null }, wrong);
    });

    [Fact]
    public void It_is_hidden_cannot_be_changed_and_is_for_root() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteInode byFid = await ByFidAsync(client);
        LliteInode dot = (await client.LookupAsync(".lustre")).Value.Inode!;
        await client.MkdirAsync("d");
        NameList names = await client.ListAsync(client.Mount.Root);
        Assert.DoesNotContain(".lustre", names.Names);
        Assert.Contains("d", names.Names);
        Assert.Equal(Errno.EPERM, (await client.MkdirAsync("x", dot)).Error);
        Assert.Equal(Errno.EPERM, (await client.CreateAsync("x", parent: byFid)).Error);
        Assert.Equal(Errno.EPERM, await client.RmdirAsync(".lustre"));
        Assert.Equal(Errno.EPERM, await client.RmdirAsync("fid", dot));
        Assert.Equal(Errno.EPERM, await client.RenameAsync(".lustre", "l"));
        var user = new Credentials(500, 500);
        Assert.Equal(Errno.EACCES, await client.RunAsync(
            () => client.Mount.AccessAsync(byFid, Permissions.Execute, user, default).AsTask()));
    });

    static async Task<LliteInode> ByFidAsync(LliteClient client)
    {
        LliteInode dot = (await client.LookupAsync(".lustre")).Value.Inode!;
        LliteInode byFid = (await client.LookupAsync("fid", dot)).Value.Inode!;
        Assert.Equal("[0x200000002:0x2:0x0]", byFid.Fid.ToString());
        return byFid;
    }
}
