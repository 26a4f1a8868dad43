using Lustrous.Libcfs;
using Lustrous.Llite;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>
/// Random operations on names under one directory, one after the other, by whichever mounts it is given: every answer
/// must be the model's, whoever asks, at once.
/// </summary>
sealed class TreeWorkload(SeededRandom random, string root, IReadOnlyList<ClusterClient> clients)
{
    static readonly string[] Names = ["a", "b", "c", "d"];

    readonly TreeModel _model = new();
    readonly List<string> _done = [];

    public TreeModel Model => _model;

    public async Task PrepareAsync() => Expect("mkdir " + root, Errno.OK,
        await clients[0].RunAsync(posix => posix.MkdirAsync(root, 0x1ED)));

    public async Task StepAsync()
    {
        ClusterClient client = clients[random.Next(clients.Count)];
        string path = AnyPath(), other = AnyPath();
        switch (random.Next(13))
        {
            case 0 or 1:
                Expect(Say(client, "create", path), _model.Create(path, 0x1A4),
                    await client.RunAsync(posix => posix.CreateAsync(root + path, 0x1A4)));
                break;
            case 2 or 3:
                Expect(Say(client, "mkdir", path), _model.Mkdir(path, 0x1ED),
                    await client.RunAsync(posix => posix.MkdirAsync(root + path, 0x1ED)));
                break;
            case 4:
                Expect(Say(client, "symlink", path), _model.Symlink(path, other),
                    await client.RunAsync(posix => posix.SymlinkAsync(root + path, other)));
                break;
            case 5:
                Expect(Say(client, "link", path, other), _model.Link(path, other),
                    await client.RunAsync(posix => posix.LinkAsync(root + path, root + other)));
                break;
            case 6:
                Expect(Say(client, "unlink", path), _model.Unlink(path),
                    await client.RunAsync(posix => posix.UnlinkAsync(root + path)));
                break;
            case 7:
                Expect(Say(client, "rmdir", path), _model.Rmdir(path),
                    await client.RunAsync(posix => posix.RmdirAsync(root + path)));
                break;
            case 8 or 9:
                Expect(Say(client, "rename", path, other), _model.Rename(path, other),
                    await client.RunAsync(posix => posix.RenameAsync(root + path, root + other)));
                break;
            case 10 or 11:
                await WriteAsync(client, path);
                break;
            default:
                await TruncateAsync(client, path);
                break;
        }
        await LookAsync(clients[random.Next(clients.Count)], random.Next(2) == 0 ? path : other);
    }

    /// <summary>The whole tree, as this mount sees it, is the model's.</summary>
    public Task CheckAsync(ClusterClient client) => CheckAsync(client, "", _model.Root);

    async Task CheckAsync(ClusterClient client, string path, TreeModel.Node node)
    {
        await LookAsync(client, path);
        foreach ((string name, TreeModel.Node child) in node.Children)
            await CheckAsync(client, $"{path}/{name}", child);
    }

    async Task WriteAsync(ClusterClient client, string path)
    {
        if (_model.Find(path, out TreeModel.Node? node) != Errno.OK || node is not { IsDirectory: false, Target: null })
            return;
        byte[] bytes = new byte[1 + random.Next(200_000)];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 31 + _done.Count);
        int offset = random.Next(3) == 0 ? random.Next(3 << 20) : random.Next(node.Data.Length + 1);
        Expect(Say(client, $"write {bytes.Length} at {offset}", path), _model.Write(path, offset, bytes),
            await client.RunAsync(posix => posix.WriteAsync(root + path, offset, bytes)));
    }

    async Task TruncateAsync(ClusterClient client, string path)
    {
        if (_model.Find(path, out TreeModel.Node? node) != Errno.OK || node is not { IsDirectory: false, Target: null })
            return;
        int size = random.Next(2) == 0 ? 0 : random.Next(2 << 20);
        Expect(Say(client, $"truncate to {size}", path), _model.Truncate(path, size),
            await client.RunAsync(posix => posix.TruncateAsync(root + path, size)));
    }

    /// <summary>What a mount sees of a name: its attributes, and what is in it.</summary>
    async Task LookAsync(ClusterClient client, string path)
    {
        Errno expected = _model.Find(path, out TreeModel.Node? node);
        Result<LliteAttributes> stat = await client.RunAsync(posix => posix.StatAsync(root + path));
        string what = Say(client, "stat", path);
        Expect(what, expected, stat.Error);
        if (node is null || expected != Errno.OK)
            return;
        LliteAttributes attributes = stat.Value;
        Equal(what, node.IsDirectory, attributes.IsDirectory);
        Equal(what + " mode", node.Mode, attributes.Mode & 0xFFF);
        Equal(what + " nlink", (uint)node.Nlink, attributes.Nlink);
        if (node.IsDirectory)
        {
            Result<string[]> names = await client.RunAsync(posix => posix.ListAsync(root + path));
            Expect(Say(client, "list", path), Errno.OK, names.Error);
            Equal(what + " names", string.Join(' ', node.Children.Keys), string.Join(' ', names.Value));
        }
        else if (node.Target is not null)
        {
            Result<string> target = await client.RunAsync(posix => posix.ReadlinkAsync(root + path));
            Equal(what + " target", node.Target, target.Value);
        }
        else
        {
            Equal(what + " size", (ulong)node.Data.Length, attributes.Size);
            Result<byte[]> bytes =
                await client.RunAsync(posix => posix.ReadAsync(root + path, 0, node.Data.Length + 10));
            Expect(Say(client, "read", path), Errno.OK, bytes.Error);
            int differs = bytes.Value.AsSpan().CommonPrefixLength(node.Data);
            Lassert.That(differs == node.Data.Length && bytes.Value.Length == differs,
                $"{what}: {bytes.Value.Length} bytes of {node.Data.Length}, different from {differs} on\n{History()}");
        }
    }

    string AnyPath()
    {
        string path = "";
        int depth = 1 + random.Next(3);
        for (int i = 0; i < depth; i++)
            path += "/" + Names[random.Next(Names.Length)];
        return path;
    }

    string Say(ClusterClient client, string what, params string[] paths)
    {
        string line = $"client {client.Number}: {what} {string.Join(' ', paths)}";
        _done.Add(line);
        return line;
    }

    void Expect(string what, Errno expected, Errno seen) => Equal(what, expected, seen);

    void Equal<T>(string what, T expected, T seen) => Lassert.That(
        EqualityComparer<T>.Default.Equals(expected, seen), $"{what}: {seen}, not {expected}\n{History()}");

    string History() => string.Join('\n', _done.TakeLast(12));
}
