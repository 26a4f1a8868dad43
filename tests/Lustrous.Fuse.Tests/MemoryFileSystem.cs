using System.Text;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

/// <summary>A whole small file system in memory, to try the protocol with.</summary>
sealed partial class MemoryFileSystem : FuseFileSystem
{
    const ulong MaxSize = 64 << 20;

    readonly Lock _lock = new();
    readonly Dictionary<ulong, Node> _nodes = [];
    ulong _lastNode = 1;

    public MemoryFileSystem() => _nodes[1] = new Node { Id = 1, Mode = Node.Directory | 0x1ED, Links = 2 };

    /// <summary>Seconds that the kernel may believe names and attributes.</summary>
    public ulong Validity { get; set; }

    public FuseOpenFlags OpenFlags { get; set; }

    /// <summary>Every answer comes from a thread of the pool.</summary>
    public bool AnswersLater { get; set; }

    /// <summary>OPENDIR is answered with ENOSYS: directories are kept by the kernel.</summary>
    public bool KernelOpensDirectories { get; set; }

    public FuseSession? Session { get; private set; }

    public bool IsDestroyed { get; private set; }

    public int Interrupted;
    public int Requests;
    public int PlusLines;
    public int LargestRead, LargestWrite;

    /// <summary>Completes when a read of the file "slow" waits.</summary>
    public TaskCompletionSource SlowReadBegan { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>And goes on waiting whatever its caller does; null: the first signal ends it.</summary>
    public TaskCompletionSource? SlowReadMayEnd { get; init; }

    /// <summary>MKDIR of the name "blocked" says that it began, and waits.</summary>
    public TaskCompletionSource MkdirBegan { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource MkdirMayEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override void Started(FuseSession session) => Session = session;

    public override void Destroyed() => IsDestroyed = true;

    public Node Find(string path)
    {
        lock (_lock)
        {
            Node node = _nodes[1];
            foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
                node = node.Children[part];
            return node;
        }
    }

    /// <summary>Changes a name behind the kernel's back.</summary>
    public void Put(string name, byte[] data)
    {
        lock (_lock)
            Add(_nodes[1], name, Node.Regular | 0x1A4).Data = data;
    }

    public override void Forget(ulong nodeId, ulong lookups)
    {
        lock (_lock)
            if (_nodes.TryGetValue(nodeId, out Node? node))
                Release(node, lookups);
    }

    /// <summary>Inodes that the kernel still refers to, the root apart.</summary>
    public int KnownToKernel
    {
        get
        {
            lock (_lock)
                return _nodes.Values.Count(node => node.Id != 1 && node.Lookups > 0);
        }
    }

    ValueTask<Errno> Done(Errno error)
    {
        Interlocked.Increment(ref Requests);
        return AnswersLater ? Later(error) : new(error);
    }

    static async ValueTask<Errno> Later(Errno error)
    {
        await Task.Yield();
        return error;
    }

    Node Add(Node parent, string name, uint mode)
    {
        uint links = (mode & Node.TypeMask) == Node.Directory ? 2u : 1;
        var node = new Node { Id = ++_lastNode, Mode = mode, Links = links };
        _nodes[node.Id] = node;
        parent.Children[name] = node;
        return node;
    }

    void Release(Node node, ulong lookups)
    {
        node.Lookups -= lookups;
        if (node.Lookups == 0 && node.Links == 0)
            _nodes.Remove(node.Id);
    }

    FuseEntryOut Entry(Node node)
    {
        node.Lookups++;
        return new FuseEntryOut
        {
            NodeId = node.Id,
            Generation = 1,
            EntryValid = Validity,
            AttrValid = Validity,
            Attr = Attributes(node),
        };
    }

    static FuseAttr Attributes(Node node) => new()
    {
        Ino = node.Id,
        Size = (ulong)node.Data.Length,
        Blocks = (ulong)(node.Data.Length + 511) / 512,
        Mode = node.Mode,
        Nlink = node.Links,
        Uid = node.Uid,
        Gid = node.Gid,
        BlockSize = 4096,
        Atime = node.Mtime,
        Mtime = node.Mtime,
        Ctime = node.Mtime,
    };

    static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    public sealed class Node
    {
        public const uint TypeMask = 0xF000, Directory = 0x4000, Regular = 0x8000, Symlink = 0xA000;

        public ulong Id, Lookups;
        public uint Mode, Links, Uid, Gid;
        public long Mtime = 1_000_000_000;
        public byte[] Data = [];
        public SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);
        public SortedDictionary<string, byte[]> Xattrs { get; } = new(StringComparer.Ordinal);
    }
}
