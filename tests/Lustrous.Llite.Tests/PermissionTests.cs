using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class PermissionTests
{
    sealed class Groups(uint member) : ICallerGroups
    {
        public bool Contains(uint pid, uint gid) => gid == member;
    }

    [Fact]
    public void Who_may_not_search_a_directory_finds_nothing_in_it_even_when_it_is_cached() =>
        LliteWorld.Run(async world =>
        {
            LliteClient client = await world.MountAsync();
            await client.MkdirAsync("d");
            LliteInode directory = (await client.LookupAsync("d")).Value.Inode!;
            await client.MkdirAsync("in", directory);
            var mode = new LliteSetattr { Valid = SetattrFields.Mode | SetattrFields.Gid, Mode = 0x1E8, Gid = 7 };
            await client.RunAsync(
                () => client.Mount.SetattrAsync(directory, null, mode, LliteClient.Root, default).AsTask());
            Assert.Equal(Errno.OK, (await client.LookupAsync("in", directory)).Error);
            Assert.Equal(Errno.EACCES, await LookupAsync(client, directory, new Credentials(5, 5)));
            Assert.Equal(Errno.OK, await LookupAsync(client, directory, new Credentials(5, 7)));
            Assert.Equal(
                Errno.OK, await LookupAsync(client, directory, new Credentials(5, 5, Groups: new Groups(7))));
            Assert.Equal(Errno.EACCES, await client.RunAsync(() => client.Mount.AccessAsync(
                directory, 2, new Credentials(5, 7), default).AsTask()));
            Assert.Equal(Errno.EACCES, await client.RunAsync(() => client.Mount.UnlinkAsync(
                directory, "in"u8, new Credentials(5, 7), default).AsTask()));
        });

    static Task<Errno> LookupAsync(LliteClient client, LliteInode directory, Credentials caller) =>
        client.RunAsync(async () =>
            (await client.Mount.LookupAsync(directory, "in"u8, caller, default)).Error);
}
