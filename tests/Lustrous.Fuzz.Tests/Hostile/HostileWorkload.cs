using System.Text;
using Lustrous.Libcfs;
using Lustrous.Llite;
using Lustrous.Simulation.Tests.Cluster;

namespace Lustrous.Fuzz.Tests.Hostile;

/// <summary>Everything that a mount can ask for, in a directory of its own; what comes of it does not
/// matter.</summary>
sealed class HostileWorkload(SeededRandom random, ClusterClient client)
{
    const string Root = "/bad";

    static readonly Credentials s_caller = new(Uid: 0, Gid: 0);

    // lov_user_md_v1 with two stripes of 64 KiB.
    static readonly byte[] s_striping =
    [
        0xd0, 0x0b, 0xd1, 0x0b, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 2, 0, 0xff, 0xff,
    ];

    /// <summary>What is being done.</summary>
    public string Current { get; private set; } = "";

    static LliteOpenFlags NewFile =>
        LliteOpenFlags.Create | LliteOpenFlags.Exclusive | LliteOpenFlags.ReadWrite;

    public async Task PrepareAsync()
    {
        Errno status = await client.RunAsync(posix => posix.MkdirAsync(Root, 0x1FF));
        Lassert.That(status == Errno.OK);
        for (int i = 0; i < 2; i++)
            await client.RunAsync(posix => posix.CreateAsync($"{Root}/{i}", 0x1B6));
    }

    public async Task RunAsync(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            string path = $"{Root}/{random.Next(4)}", other = $"{Root}/{random.Next(4)}";
            int what = random.Next(17);
            Current = $"{what} {path} {other}";
            await client.RunAsync(posix => StepAsync(posix, what, path, other));
        }
    }

    async Task<Errno> StepAsync(PosixClient posix, int what, string path, string other) => what switch
    {
        0 => await posix.CreateAsync(path, 0x1B6),
        1 => await posix.MkdirAsync(path, 0x1FF),
        2 => await posix.SymlinkAsync(path, other),
        3 => await posix.LinkAsync(path, other),
        4 => await posix.UnlinkAsync(path),
        5 => await posix.RmdirAsync(path),
        6 => await posix.RenameAsync(path, other),
        7 or 8 => await posix.WriteAsync(path, random.Next(1 << 20), new byte[random.Next(100_000)], sync: true),
        9 => (await posix.ReadAsync(path, random.Next(1 << 20), 100_000)).Error,
        10 => await posix.TruncateAsync(path, random.Next(1 << 21)),
        11 => (await posix.ListAsync(Root)).Error,
        12 => (await posix.StatAsync(path)).Error,
        13 => await XattrsAsync(posix, path),
        14 => await SpaceAsync(posix, path),
        15 => (await posix.Mount.StatfsAsync(default)).Error,
        _ => await StripesAsync(posix, path),
    };

    async Task<Errno> XattrsAsync(PosixClient posix, string path) => await WithInodeAsync(posix, path, async inode =>
    {
        LliteMount mount = posix.Mount;
        byte[] name = Encoding.ASCII.GetBytes($"user.{random.Next(3)}");
        await mount.SetxattrAsync(inode, name, new byte[random.Next(3000)], 0, s_caller, default);
        using PooledBuffer buffer = mount.Context.Buffers.Take(65536);
        await mount.GetxattrAsync(inode, name, buffer.Slice(0, 4096), s_caller, default);
        await mount.ListxattrAsync(inode, buffer.Slice(0, 65536), s_caller, default);
        return await mount.RemovexattrAsync(inode, name, s_caller, default);
    });

    Task<Errno> SpaceAsync(PosixClient posix, string path) =>
        posix.WithFileAsync(path, LliteOpenFlags.ReadWrite, async file =>
        {
            await posix.Mount.FallocateAsync(file, 0, random.Next(1 << 20), 4096, s_caller, default);
            await posix.Mount.FallocateAsync(file, 3, random.Next(1 << 20), 4096, s_caller, default);
            return (await posix.Mount.LseekAsync(file, 0, 3 + random.Next(2), default)).Error;
        });

    async Task<Errno> StripesAsync(PosixClient posix, string path) => await WithInodeAsync(posix, "", async inode =>
    {
        LliteMount mount = posix.Mount;
        await mount.SetStripeAsync(inode, s_striping, s_caller, default);
        byte[] name = Encoding.ASCII.GetBytes(path[(Root.Length + 1)..]);
        Result<LliteCreated> made =
            await mount.CreateStripedAsync(inode, name, 0x1B6, NewFile, s_striping, s_caller, default);
        if (!made.Failed)
        {
            await mount.ReleaseAsync(made.Value.Opened.File);
            mount.Forget(made.Value.Entry.Inode!.NodeId, 1);
        }
        return (await mount.GetStripeAsync(inode, s_caller, default)).Error;
    });

    static async Task<Errno> WithInodeAsync(PosixClient posix, string path, Func<LliteInode, Task<Errno>> act)
    {
        LliteMount mount = posix.Mount;
        LliteInode parent = mount.Root;
        string[] names = path.Length == 0 ? [Root[1..]] : path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        Errno status = Errno.OK;
        foreach (string name in names)
        {
            Result<LliteEntry> entry =
                await mount.LookupAsync(parent, Encoding.ASCII.GetBytes(name), s_caller, default);
            if (parent != mount.Root)
                mount.Forget(parent.NodeId, 1);
            if (entry.Failed || entry.Value.Inode is null)
                return entry.Failed ? entry.Error : Errno.ENOENT;
            parent = entry.Value.Inode;
        }
        status = await act(parent);
        mount.Forget(parent.NodeId, 1);
        return status;
    }
}
