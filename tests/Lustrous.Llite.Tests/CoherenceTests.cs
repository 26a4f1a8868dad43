using System.Globalization;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class CoherenceTests
{
    const int Clients = 3, Names = 5, Steps = 80;

    /// <summary>What a name is in the model: a directory, or a file with its bytes.</summary>
    sealed record Node(byte[]? Bytes);

    /// <summary>Any mount may do the next thing, and sees what all others have done; between two things nothing is
    /// under way, but all caches are as they were.</summary>
    [Fact]
    public void Whoever_looks_sees_what_was_done_last() => LliteWorld.Run(async world =>
    {
        var mounts = new LliteClient[Clients];
        for (int i = 0; i < Clients; i++)
            mounts[i] = await world.MountAsync();
        var model = new Dictionary<string, Node>();
        for (int step = 0; step < Steps; step++)
        {
            LliteClient client = mounts[world.Random.Next(Clients)];
            string name = NameOf(world.Random.Next(Names));
            string what = await StepAsync(world, client, model, name);
            LliteClient looker = mounts[world.Random.Next(Clients)];
            await CheckAsync(looker, model, NameOf(world.Random.Next(Names)), $"step {step}, after {what}");
        }
        foreach (LliteClient client in mounts)
        {
            NameList listed = await client.ListAsync(client.Mount.Root);
            Assert.Equal(
                model.Keys.Order(StringComparer.Ordinal),
                listed.Names.Where(name => name[0] != '.').Order(StringComparer.Ordinal));
        }
    }, seeds: 15);

    static string NameOf(int i) => string.Create(CultureInfo.InvariantCulture, $"n{i}");

    static async Task<string> StepAsync(
        LliteWorld world, LliteClient client, Dictionary<string, Node> model, string name)
    {
        Node? known = model.GetValueOrDefault(name);
        switch (world.Random.Next(7))
        {
            case 0:
                Assert.Equal(known is null ? Errno.OK : Errno.EEXIST, (await client.MkdirAsync(name)).Error);
                model.TryAdd(name, new Node(null));
                return $"mkdir {name}";
            case 1:
                Result<LliteCreated> created = await client.CreateAsync(name);
                Assert.Equal(known is null ? Errno.OK : Errno.EEXIST, created.Error);
                if (!created.Failed)
                    Assert.Equal(Errno.OK, await client.CloseAsync(created.Value.Opened.File));
                model.TryAdd(name, new Node([]));
                return $"create {name}";
            case 2:
                Errno unlinked = known is null ? Errno.ENOENT : known.Bytes is null ? Errno.EISDIR : Errno.OK;
                Assert.Equal(unlinked, await client.UnlinkAsync(name));
                if (unlinked == Errno.OK)
                    model.Remove(name);
                return $"unlink {name}";
            case 3:
                Errno removed = known is null ? Errno.ENOENT : known.Bytes is null ? Errno.OK : Errno.ENOTDIR;
                Assert.Equal(removed, await client.RmdirAsync(name));
                if (removed == Errno.OK)
                    model.Remove(name);
                return $"rmdir {name}";
            case 4:
                return await RenameAsync(client, model, name, NameOf(world.Random.Next(Names)));
            default:
                return await WriteAsync(world, client, model, name);
        }
    }

    static async Task<string> RenameAsync(
        LliteClient client, Dictionary<string, Node> model, string name, string target)
    {
        Node? from = model.GetValueOrDefault(name), to = model.GetValueOrDefault(target);
        Errno expected = from is null ? Errno.ENOENT
            : name == target || to is null || (from.Bytes is null) == (to.Bytes is null) ? Errno.OK
            : from.Bytes is null ? Errno.ENOTDIR
            : Errno.EISDIR;
        Assert.Equal(expected, await client.RenameAsync(name, target));
        if (expected == Errno.OK && name != target)
        {
            model.Remove(name);
            model[target] = from!;
        }
        return $"rename {name} {target}";
    }

    static async Task<string> WriteAsync(
        LliteWorld world, LliteClient client, Dictionary<string, Node> model, string name)
    {
        if (model.GetValueOrDefault(name)?.Bytes is not { } bytes)
            return "nothing";
        LliteInode inode = (await client.LookupAsync(name)).Value.Inode!;
        LliteFile file = await client.OpenAsync(inode, LliteOpenFlags.ReadWrite);
        int offset = world.Random.Next(20_000), length = 1 + world.Random.Next(20_000);
        byte[] written = [.. Enumerable.Repeat((byte)(1 + world.Random.Next(255)), length)];
        Assert.Equal(length, (await client.WriteAsync(file, offset, written)).Value);
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
        byte[] all = new byte[Math.Max(bytes.Length, offset + length)];
        bytes.CopyTo(all, 0);
        written.CopyTo(all, offset);
        model[name] = new Node(all);
        return string.Create(CultureInfo.InvariantCulture, $"write {name} {offset}+{length}");
    }

    static async Task CheckAsync(LliteClient client, Dictionary<string, Node> model, string name, string when)
    {
        Result<LliteEntry> found = await client.LookupAsync(name);
        if (!model.TryGetValue(name, out Node? expected))
        {
            Assert.True(found.Error == Errno.ENOENT, $"{name} is there {when}");
            return;
        }
        Assert.True(found.Error == Errno.OK, $"{name} is {found.Error} {when}");
        LliteInode inode = found.Value.Inode!;
        Assert.True(inode.IsDirectory == expected.Bytes is null, $"{name} is of the wrong type {when}");
        if (expected.Bytes is not { } bytes)
            return;
        Result<LliteStat> stat = await client.StatAsync(inode);
        Assert.True((ulong)bytes.Length == stat.Value.Attributes.Size, $"{name}: size {stat} {when}");
        LliteFile file = await client.OpenAsync(inode, LliteOpenFlags.None);
        byte[] read = await client.ReadAsync(file, 0, 50_000);
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
        Assert.True(bytes.AsSpan().SequenceEqual(read), $"{name}: {read.Length} other bytes {when}");
    }
}
