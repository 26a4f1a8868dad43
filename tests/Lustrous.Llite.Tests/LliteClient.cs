using System.Text;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Parameters;
using Lustrous.Simulation;
using Lustrous.Utils.Hosting;
using Xunit;

namespace Lustrous.Llite.Tests;

/// <summary>A mount as a program sees it: whole calls by name below the root, run on the mount's machine.</summary>
sealed class LliteClient(SimNode machine, LustreNode node, ClientMount mount)
{
    public static Credentials Root => new(0, 0, 0x12);

    public LliteMount Mount => mount.Llite;

    public ParameterTree Parameters => node.Parameters;

    /// <summary>Requests sent to MDTs so far.</summary>
    public long Requests => mount.Lmv.Targets.Sum(mdc => mdc.Requests);

    public SimNode Machine => machine;

    public bool IsCrashed { get; private set; }

    /// <summary>The machine is gone, without a word.</summary>
    public void Crash()
    {
        IsCrashed = true;
        machine.Crash(loud: false);
    }

    public Task RunAsync(Func<Task> body) => machine.RunAsync(body);

    public async Task<T> RunAsync<T>(Func<Task<T>> body)
    {
        T result = default!;
        await machine.RunAsync(async () => result = await body());
        return result;
    }

    /// <summary>A missing name is ENOENT, whether that may be cached or not.</summary>
    public Task<Result<LliteEntry>> LookupAsync(string name, LliteInode? parent = null) => RunAsync(async () =>
    {
        Result<LliteEntry> found = await Mount.LookupAsync(parent ?? Mount.Root, Bytes(name), Root, default);
        return !found.Failed && found.Value.Inode is null ? Errno.ENOENT : found;
    });

    public Task<Result<LliteCreated>> CreateAsync(
        string name, uint mode = 0x1A4, LliteOpenFlags flags = LliteOpenFlags.ReadWrite | LliteOpenFlags.Exclusive,
        LliteInode? parent = null) => RunAsync(
        () => Mount.CreateAsync(parent ?? Mount.Root, Bytes(name), mode, flags | LliteOpenFlags.Create, Root, default)
            .AsTask());

    public Task<Result<LliteEntry>> MkdirAsync(string name, LliteInode? parent = null) => RunAsync(
        () => Mount.MkdirAsync(parent ?? Mount.Root, Bytes(name), 0x1ED, Root, default).AsTask());

    public Task<Errno> UnlinkAsync(string name, LliteInode? parent = null) => RunAsync(
        () => Mount.UnlinkAsync(parent ?? Mount.Root, Bytes(name), Root, default).AsTask());

    public Task<Errno> RmdirAsync(string name, LliteInode? parent = null) => RunAsync(
        () => Mount.RmdirAsync(parent ?? Mount.Root, Bytes(name), Root, default).AsTask());

    public Task<Errno> RenameAsync(string name, string newName) => RunAsync(
        () => Mount.RenameAsync(Mount.Root, Bytes(name), Mount.Root, Bytes(newName), 0, Root, default).AsTask());

    public Task<Result<LliteStat>> StatAsync(LliteInode inode) => RunAsync(
        () => Mount.GetattrAsync(inode, null, Root, default).AsTask());

    public async Task<LliteFile> OpenAsync(LliteInode inode, LliteOpenFlags flags)
    {
        Result<LliteOpened> opened = await RunAsync(() => Mount.OpenAsync(inode, flags, Root, default).AsTask());
        Assert.Equal(Errno.OK, opened.Error);
        return opened.Value.File;
    }

    public Task<Errno> CloseAsync(LliteFile file) => RunAsync(() => Mount.ReleaseAsync(file).AsTask());

    public Task<Result<int>> WriteAsync(LliteFile file, long offset, byte[] bytes) => RunAsync(async () =>
    {
        using PooledBuffer buffer = Mount.Context.Buffers.Take(bytes.Length);
        bytes.CopyTo(buffer.Span);
        return await Mount.WriteAsync(
            file, offset, buffer.Slice(0, bytes.Length), LliteWriteFlags.None, Root, default);
    });

    public async Task<byte[]> ReadAsync(LliteFile file, long offset, int length)
    {
        byte[] bytes = [];
        await RunAsync(async () =>
        {
            using PooledBuffer buffer = Mount.Context.Buffers.Take(length);
            Result<int> read = await Mount.ReadAsync(file, offset, buffer.Slice(0, length), default);
            Assert.Equal(Errno.OK, read.Error);
            bytes = buffer.Span[..read.Value].ToArray();
        });
        return bytes;
    }

    /// <summary>All entries, in pieces of <paramref name="piece"/>.</summary>
    public async Task<NameList> ListAsync(LliteInode directory, bool plus = false, int piece = 100)
    {
        var names = new NameList(piece);
        LliteFile file = await OpenAsync(directory, LliteOpenFlags.Directory);
        await RunAsync(async () =>
        {
            int before;
            do
            {
                before = names.Names.Count;
                names.Begin();
                Errno status = await Mount.ReaddirAsync(file, names.Cookie, plus, names, Root, default);
                Assert.Equal(Errno.OK, status);
            }
            while (names.Names.Count > before);
        });
        Assert.Equal(Errno.OK, await CloseAsync(file));
        return names;
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
