using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>A file system's names as POSIX has them, in the plainest way: what every operation must answer.</summary>
sealed class TreeModel
{
    public sealed class Node
    {
        public required bool IsDirectory { get; init; }

        /// <summary>Of a symlink; null for files and directories.</summary>
        public string? Target { get; init; }

        public SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public byte[] Data { get; set; } = [];

        public uint Mode { get; set; }

        public int Links { get; set; } = 1;

        /// <summary>As stat(2) counts: a directory has its name, "." and its subdirectories' "..".</summary>
        public int Nlink => IsDirectory ? 2 + Children.Values.Count(child => child.IsDirectory) : Links;
    }

    public Node Root { get; } = new() { IsDirectory = true, Mode = 0x1ED };

    public Errno Find(string path, out Node? node)
    {
        node = Root;
        foreach (string name in Split(path))
        {
            if (!node.IsDirectory)
                return Errno.ENOTDIR;
            if (name.Length > 255)
                return Errno.ENAMETOOLONG;
            if (!node.Children.TryGetValue(name, out node))
                return Errno.ENOENT;
        }
        return Errno.OK;
    }

    public Errno Create(string path, uint mode) =>
        Add(path, new Node { IsDirectory = false, Mode = mode });

    public Errno Mkdir(string path, uint mode) => Add(path, new Node { IsDirectory = true, Mode = mode });

    public Errno Symlink(string path, string target) =>
        Add(path, new Node { IsDirectory = false, Target = target, Mode = 0x1FF });

    public Errno Link(string from, string to)
    {
        if (Find(from, out Node? node) is var error and not Errno.OK)
            return error;
        if (Parent(to, out Node parent, out string name) is var missing and not Errno.OK)
            return missing;
        if (parent.Children.ContainsKey(name))
            return Errno.EEXIST;
        if (node!.IsDirectory)
            return Errno.EPERM;
        node.Links++;
        parent.Children.Add(name, node);
        return Errno.OK;
    }

    public Errno Unlink(string path)
    {
        if (Parent(path, out Node parent, out string name) is var error and not Errno.OK)
            return error;
        if (!parent.Children.TryGetValue(name, out Node? node))
            return Errno.ENOENT;
        if (node.IsDirectory)
            return Errno.EISDIR;
        node.Links--;
        parent.Children.Remove(name);
        return Errno.OK;
    }

    public Errno Rmdir(string path)
    {
        if (Parent(path, out Node parent, out string name) is var error and not Errno.OK)
            return error;
        if (!parent.Children.TryGetValue(name, out Node? node))
            return Errno.ENOENT;
        if (!node.IsDirectory)
            return Errno.ENOTDIR;
        if (node.Children.Count > 0)
            return Errno.ENOTEMPTY;
        parent.Children.Remove(name);
        return Errno.OK;
    }

    public Errno Rename(string from, string to)
    {
        if (Parent(from, out Node oldParent, out string oldName) is var error and not Errno.OK)
            return error;
        if (Parent(to, out Node newParent, out string newName) is var missing and not Errno.OK)
            return missing;
        if (!oldParent.Children.TryGetValue(oldName, out Node? moved))
            return Errno.ENOENT;
        if (moved.IsDirectory && (to + "/").StartsWith(from + "/", StringComparison.Ordinal) && from != to)
            return Errno.EINVAL;
        newParent.Children.TryGetValue(newName, out Node? replaced);
        if (replaced == moved)
            return Errno.OK;
        if (replaced is not null)
        {
            if ((from + "/").StartsWith(to + "/", StringComparison.Ordinal))
                return Errno.ENOTEMPTY;
            if (moved.IsDirectory && !replaced.IsDirectory)
                return Errno.ENOTDIR;
            if (!moved.IsDirectory && replaced.IsDirectory)
                return Errno.EISDIR;
            if (replaced.Children.Count > 0)
                return Errno.ENOTEMPTY;
            replaced.Links--;
        }
        oldParent.Children.Remove(oldName);
        newParent.Children[newName] = moved;
        return Errno.OK;
    }

    public Errno Truncate(string path, int size)
    {
        if (FindFile(path, out Node node) is var error and not Errno.OK)
            return error;
        byte[] data = node.Data;
        Array.Resize(ref data, size);
        node.Data = data;
        return Errno.OK;
    }

    public Errno Write(string path, int offset, ReadOnlySpan<byte> bytes)
    {
        if (FindFile(path, out Node node) is var error and not Errno.OK)
            return error;
        byte[] data = node.Data;
        if (data.Length < offset + bytes.Length)
            Array.Resize(ref data, offset + bytes.Length);
        bytes.CopyTo(data.AsSpan(offset));
        node.Data = data;
        return Errno.OK;
    }

    Errno FindFile(string path, out Node node)
    {
        Errno error = Find(path, out Node? found);
        node = found!;
        if (error != Errno.OK)
            return error;
        return node.IsDirectory ? Errno.EISDIR : node.Target is null ? Errno.OK : Errno.EINVAL;
    }

    Errno Add(string path, Node node)
    {
        if (Parent(path, out Node parent, out string name) is var error and not Errno.OK)
            return error;
        return parent.Children.TryAdd(name, node) ? Errno.OK : Errno.EEXIST;
    }

    Errno Parent(string path, out Node parent, out string name)
    {
        int slash = path.LastIndexOf('/');
        name = path[(slash + 1)..];
        Errno error = Find(path[..Math.Max(slash, 0)], out Node? found);
        parent = found!;
        if (error != Errno.OK)
            return error;
        if (!parent.IsDirectory)
            return Errno.ENOTDIR;
        return name.Length > 255 ? Errno.ENAMETOOLONG : Errno.OK;
    }

    static string[] Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}
