using System.Text;
using Lustrous.Libcfs;
using Lustrous.Llite;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>
/// A program on one mount: paths and bytes, as the kernel would turn them into calls (looks up each name, forgets what
/// it looked up, and answers what the VFS answers by itself).
/// </summary>
sealed class PosixClient(LliteMount mount)
{
    static readonly Credentials Caller = new(Uid: 0, Gid: 0);

    public LliteMount Mount => mount;

    public async Task<Result<LliteAttributes>> StatAsync(string path)
    {
        Result<LliteInode> inode = await WalkAsync(path);
        if (inode.Failed)
            return inode.Error;
        Result<LliteStat> stat = await mount.GetattrAsync(inode.Value, null, Caller, default);
        Forget(inode.Value);
        return stat.Failed ? stat.Error : stat.Value.Attributes;
    }

    public Task<Errno> MkdirAsync(string path, uint mode) => InParentAsync(path, async (parent, name) =>
    {
        Result<LliteEntry> made = await mount.MkdirAsync(parent, name, mode, Caller, default);
        return Done(made);
    });

    public Task<Errno> CreateAsync(string path, uint mode) => InParentAsync(path, async (parent, name) =>
    {
        Result<LliteCreated> made = await mount.CreateAsync(
            parent, name, mode, LliteOpenFlags.Create | LliteOpenFlags.Exclusive | LliteOpenFlags.ReadWrite, Caller,
            default);
        if (made.Failed)
            return made.Error;
        Errno closed = await mount.ReleaseAsync(made.Value.Opened.File);
        Forget(made.Value.Entry.Inode!);
        return closed;
    });

    public Task<Errno> SymlinkAsync(string path, string target) => InParentAsync(path, async (parent, name) =>
        Done(await mount.SymlinkAsync(parent, name, Encoding.UTF8.GetBytes(target), Caller, default)));

    public async Task<Result<string>> ReadlinkAsync(string path)
    {
        Result<LliteInode> inode = await WalkAsync(path);
        if (inode.Failed)
            return inode.Error;
        Result<ReadOnlyMemory<byte>> target = await mount.ReadlinkAsync(inode.Value, Caller, default);
        Forget(inode.Value);
        return target.Failed ? target.Error : Encoding.UTF8.GetString(target.Value.Span);
    }

    public async Task<Errno> LinkAsync(string from, string to)
    {
        Result<LliteInode> inode = await WalkAsync(from);
        if (inode.Failed)
            return inode.Error;
        Errno status = await InParentAsync(to, async (parent, name) =>
            await ExistsAsync(parent, name)
                ? Errno.EEXIST
                : Done(await mount.LinkAsync(inode.Value, parent, name, Caller, default)));
        Forget(inode.Value);
        return status;
    }

    public Task<Errno> UnlinkAsync(string path) => InParentAsync(path, async (parent, name) =>
        await mount.UnlinkAsync(parent, name, Caller, default));

    public Task<Errno> RmdirAsync(string path) => InParentAsync(path, async (parent, name) =>
        await mount.RmdirAsync(parent, name, Caller, default));

    public Task<Errno> RenameAsync(string from, string to) => InParentAsync(from, (oldParent, oldName) =>
        InParentAsync(to, async (newParent, newName) =>
            await mount.RenameAsync(oldParent, oldName, newParent, newName, 0, Caller, default)));

    /// <summary>Names without "." and "..", sorted.</summary>
    public async Task<Result<string[]>> ListAsync(string path)
    {
        Result<LliteInode> inode = await WalkAsync(path);
        if (inode.Failed)
            return inode.Error;
        Result<LliteOpened> opened = await mount.OpenAsync(
            inode.Value, LliteOpenFlags.Directory, Caller, default);
        if (opened.Failed)
        {
            Forget(inode.Value);
            return opened.Error;
        }
        var names = new NameList();
        Errno status;
        int before;
        do
        {
            before = names.Seen;
            names.Begin();
            status = await mount.ReaddirAsync(opened.Value.File, names.Cookie, false, names, Caller, default);
        }
        while (status == Errno.OK && names.Seen > before);
        await mount.ReleaseAsync(opened.Value.File);
        Forget(inode.Value);
        if (status != Errno.OK)
            return status;
        names.Names.Sort(StringComparer.Ordinal);
        return names.Names.ToArray();
    }

    public Task<Errno> WriteAsync(string path, long offset, byte[] bytes, bool sync = false) =>
        WithFileAsync(path, LliteOpenFlags.ReadWrite, async file =>
        {
            Result<int> written = await TransferAsync(file, offset, bytes, isWrite: true);
            if (written.Failed || !sync)
                return written.Failed ? written.Error : Errno.OK;
            return await mount.FsyncAsync(file, dataOnly: false, default);
        });

    public async Task<Result<byte[]>> ReadAsync(string path, long offset, int length)
    {
        byte[] bytes = new byte[length];
        int read = 0;
        Errno status = await WithFileAsync(path, LliteOpenFlags.None, async file =>
        {
            Result<int> done = await TransferAsync(file, offset, bytes, isWrite: false);
            read = done.Failed ? 0 : done.Value;
            return done.Error;
        });
        return status == Errno.OK ? bytes[..read] : status;
    }

    public Task<Errno> FsyncAsync(string path) => WithFileAsync(
        path, LliteOpenFlags.ReadWrite, async file => await mount.FsyncAsync(file, dataOnly: false, default));

    public async Task<Errno> ChmodAsync(string path, uint mode)
    {
        Result<LliteInode> inode = await WalkAsync(path);
        if (inode.Failed)
            return inode.Error;
        var change = new LliteSetattr { Valid = SetattrFields.Mode, Mode = mode };
        Result<LliteStat> changed = await mount.SetattrAsync(inode.Value, null, change, Caller, default);
        Forget(inode.Value);
        return changed.Error;
    }

    public async Task<Errno> TruncateAsync(string path, long size)
    {
        Result<LliteInode> inode = await WalkAsync(path);
        if (inode.Failed)
            return inode.Error;
        var change = new LliteSetattr { Valid = SetattrFields.Size, Size = (ulong)size };
        Result<LliteStat> changed = await mount.SetattrAsync(inode.Value, null, change, Caller, default);
        Forget(inode.Value);
        return changed.Error;
    }

    /// <summary>Opens, does, closes.</summary>
    public async Task<Errno> WithFileAsync(string path, LliteOpenFlags flags, Func<LliteFile, Task<Errno>> act)
    {
        Result<LliteInode> inode = await WalkAsync(path);
        if (inode.Failed)
            return inode.Error;
        Result<LliteOpened> opened = await mount.OpenAsync(inode.Value, flags, Caller, default);
        Errno status = opened.Error;
        if (!opened.Failed)
        {
            status = await act(opened.Value.File);
            Errno flushed = await mount.FlushAsync(opened.Value.File, default);
            Errno closed = await mount.ReleaseAsync(opened.Value.File);
            status = status != Errno.OK ? status : flushed != Errno.OK ? flushed : closed;
        }
        Forget(inode.Value);
        return status;
    }

    /// <summary>All of it, in as many calls as it takes; a read stops at the end of the file.</summary>
    public async Task<Result<int>> TransferAsync(LliteFile file, long offset, byte[] bytes, bool isWrite)
    {
        using PooledBuffer buffer = mount.Context.Buffers.Take(bytes.Length);
        if (isWrite)
            bytes.CopyTo(buffer.Span);
        int done = 0;
        while (done < bytes.Length)
        {
            IoVec part = buffer.Slice(done, bytes.Length - done);
            Result<int> moved = isWrite
                ? await mount.WriteAsync(file, offset + done, part, LliteWriteFlags.None, Caller, default)
                : await mount.ReadAsync(file, offset + done, part, default);
            if (moved.Failed)
                return moved;
            if (moved.Value == 0)
                break;
            done += moved.Value;
        }
        if (!isWrite)
            buffer.Span[..done].CopyTo(bytes);
        return done;
    }

    async Task<Result<LliteInode>> WalkAsync(string path)
    {
        LliteInode inode = mount.Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Result<LliteEntry> entry = await mount.LookupAsync(inode, Encoding.UTF8.GetBytes(name), Caller, default);
            Forget(inode);
            if (entry.Failed)
                return entry.Error;
            if (entry.Value.Inode is null)
                return Errno.ENOENT;
            inode = entry.Value.Inode;
        }
        return inode;
    }

    async Task<Errno> InParentAsync(string path, Func<LliteInode, byte[], Task<Errno>> act)
    {
        int slash = path.LastIndexOf('/');
        Result<LliteInode> parent = await WalkAsync(path[..Math.Max(slash, 0)]);
        if (parent.Failed)
            return parent.Error;
        Result<LliteStat> stat = await mount.GetattrAsync(parent.Value, null, Caller, default);
        Errno status = stat.Failed
            ? stat.Error
            : stat.Value.Attributes.IsDirectory
                ? await act(parent.Value, Encoding.UTF8.GetBytes(path[(slash + 1)..]))
                : Errno.ENOTDIR;
        Forget(parent.Value);
        return status;
    }

    /// <summary>The VFS looks before it makes a name.</summary>
    async Task<bool> ExistsAsync(LliteInode parent, byte[] name)
    {
        Result<LliteEntry> entry = await mount.LookupAsync(parent, name, Caller, default);
        if (entry.Failed || entry.Value.Inode is not { } inode)
            return false;
        Forget(inode);
        return true;
    }

    Errno Done(Result<LliteEntry> made)
    {
        if (!made.Failed)
            Forget(made.Value.Inode!);
        return made.Error;
    }

    void Forget(LliteInode inode)
    {
        if (inode != mount.Root)
            mount.Forget(inode.NodeId, 1);
    }

    sealed class NameList : IDirectoryFiller
    {
        const int PerCall = 40;
        int _room;

        public List<string> Names { get; } = [];

        public ulong Cookie { get; private set; }

        public int Seen { get; private set; }

        public void Begin() => _room = PerCall;

        public bool Add(in LliteDirectoryEntry entry)
        {
            if (_room-- == 0)
                return false;
            string name = Encoding.UTF8.GetString(entry.Name);
            if (name is not "." and not "..")
                Names.Add(name);
            Cookie = entry.NextCookie;
            Seen++;
            return true;
        }
    }
}
