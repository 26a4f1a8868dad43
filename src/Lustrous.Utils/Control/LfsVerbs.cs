using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Llite;
using Lustrous.Utils.Commands;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Control;

/// <summary>The verbs of <c>lfs</c> in the process that has the mount; output as Lustre's. Words: lfs, verb, absolute
/// path, path as it was given, options.</summary>
/// <remarks>Source: lustre/utils/lfs.c, liblustreapi.c.</remarks>
sealed class LfsVerbs(RunningProcess process)
{
    static ControlAnswer NotMine { get; } = new("", "", ControlAnswer.NotMine);

    public async Task<ControlAnswer> ExecuteAsync(string[] words, CancellationToken cancel)
    {
        if (words is not [_, var verb, var path, var shown, .. var options])
            return NotMine;
        FuseMount? mount = FindMount(path);
        if (mount is null)
            return NotMine;
        ControlAnswer answer = verb switch
        {
            "df" => await DfAsync(mount, options, cancel),
            "osts" => Targets("OBDS:", mount.Client.Llite.Osts),
            "mdts" => Targets("MDTS:", mount.Client.Llite.Mdts),
            "path2fid" => await Path2FidAsync(mount, path, shown, cancel),
            "fid2path" => await Fid2PathAsync(mount, options, cancel),
            "getstripe" => await GetStripeAsync(mount, path, shown, options, cancel),
            "getsom" => await GetSomAsync(mount, path, shown, options, cancel),
            "setstripe" => await SetStripeAsync(mount, path, shown, options, cancel),
            _ => NotMine,
        };
        // What completes a call of Llite may be a thread that serves the kernel. It must not go on to do what its
        // caller does next: that may be a system call on this very mount, which would wait for itself.
        await Task.Yield();
        return answer;
    }

    FuseMount? FindMount(string path) => process.Mounts.FirstOrDefault(mount =>
    {
        string root = MountTable.Normalize(mount.Request.MountPoint);
        return path == root || path.StartsWith(root + "/", StringComparison.Ordinal);
    });

    static ControlAnswer Targets(string title, IReadOnlyList<LliteTarget> targets)
    {
        var output = new StringBuilder(title + "\n");
        foreach (LliteTarget target in targets)
        {
            output.Append(CultureInfo.InvariantCulture,
                $"{target.Index}: {target.Uuid} {(target.IsActive ? "ACTIVE" : "INACTIVE")}\n");
        }
        return new ControlAnswer(output.ToString(), "", 0);
    }

    static async Task<ControlAnswer> DfAsync(FuseMount mount, string[] options, CancellationToken cancel)
    {
        Result<IReadOnlyList<TargetStatfs>> room = await mount.Client.Llite.StatfsTargetsAsync(cancel);
        if (room.Failed)
            return Failed("df", mount.Request.MountPoint, room.Error);
        var table = new DfText(
            MountTable.Normalize(mount.Request.MountPoint), options.Contains("-i"), options.Contains("-h"));
        return new ControlAnswer(table.Format(room.Value), "", 0);
    }

    async Task<ControlAnswer> Path2FidAsync(
        FuseMount mount, string path, string shown, CancellationToken cancel)
    {
        Result<Found> found = await WalkAsync(mount, path, cancel);
        if (found.Failed)
            return Failed("path2fid", shown, found.Error);
        string fid = found.Value.Inode.Fid.ToString();
        Forget(mount, found.Value.Inode);
        return new ControlAnswer(fid + "\n", "", 0);
    }

    static async Task<ControlAnswer> Fid2PathAsync(FuseMount mount, string[] fids, CancellationToken cancel)
    {
        var output = new StringBuilder();
        foreach (string text in fids)
        {
            Result<Fid> fid = Fid.Parse(text);
            if (fid.Failed)
                return new ControlAnswer(output.ToString(), $"lfs fid2path: '{text}' is no FID\n", 1);
            Result<string> path = await mount.Client.Llite.FidToPathAsync(fid.Value, cancel);
            if (path.Failed)
                return Failed("fid2path", text, path.Error);
            string root = MountTable.Normalize(mount.Request.MountPoint);
            output.Append(root).Append('/').Append(path.Value.TrimStart('/')).Append('\n');
        }
        return new ControlAnswer(output.ToString(), "", 0);
    }

    async Task<ControlAnswer> GetStripeAsync(
        FuseMount mount, string path, string shown, string[] options, CancellationToken cancel)
    {
        Result<Found> found = await WalkAsync(mount, path, cancel);
        if (found.Failed)
            return Failed("getstripe", shown, found.Error);
        Result<byte[]> layout = await mount.Client.Llite.GetStripeAsync(found.Value.Inode, Caller, cancel);
        Forget(mount, found.Value.Inode);
        var text = new StripeText(shown, found.Value.IsDirectory, options);
        if (layout.Error == Errno.ENODATA)
            return new ControlAnswer(text.Nothing(), "", 0);
        return layout.Failed
            ? Failed("getstripe", shown, layout.Error)
            : new ControlAnswer(text.Format(layout.Value), "", 0);
    }

    /// <summary>The size that the MDT keeps lazily; as the xattr that it is kept in, for root alone.</summary>
    async Task<ControlAnswer> GetSomAsync(
        FuseMount mount, string path, string shown, string[] options, CancellationToken cancel)
    {
        Result<Found> found = await WalkAsync(mount, path, cancel);
        if (found.Failed)
            return Failed("getsom", shown, found.Error);
        using PooledBuffer buffer = mount.Client.Llite.Context.Buffers.Take(Unsafe.SizeOf<LustreSomAttrs>());
        Result<int> length = await mount.Client.Llite.GetxattrAsync(
            found.Value.Inode, Encoding.ASCII.GetBytes(XattrName.SOM),
            buffer.Slice(0, Unsafe.SizeOf<LustreSomAttrs>()), Caller, cancel);
        Forget(mount, found.Value.Inode);
        if (length.Failed || length.Value < Unsafe.SizeOf<LustreSomAttrs>())
            return Failed("getsom", shown, length.Failed ? length.Error : Errno.EPROTO);
        LustreSomAttrs som = MemoryMarshal.Read<LustreSomAttrs>(buffer.Span);
        string text = options switch
        {
            ["-s"] => string.Create(CultureInfo.InvariantCulture, $"{som.Size}\n"),
            ["-b"] => string.Create(CultureInfo.InvariantCulture, $"{som.Blocks}\n"),
            ["-f"] => string.Create(CultureInfo.InvariantCulture, $"{(uint)som.Valid:x}\n"),
            _ => string.Create(CultureInfo.InvariantCulture,
                $"file: {shown} size: {som.Size} blocks: {som.Blocks} flags: {(uint)som.Valid:x}\n"),
        };
        return new ControlAnswer(text, "", 0);
    }

    async Task<ControlAnswer> SetStripeAsync(
        FuseMount mount, string path, string shown, string[] options, CancellationToken cancel)
    {
        Result<byte[]> wanted = StripeOptions.Parse(options);
        if (wanted.Failed)
            return Failed("setstripe", string.Join(' ', options), wanted.Error);
        LliteMount llite = mount.Client.Llite;
        Result<Found> found = await WalkAsync(mount, path, cancel);
        if (!found.Failed)
        {
            Errno error = await llite.SetStripeAsync(found.Value.Inode, wanted.Value, Caller, cancel);
            Forget(mount, found.Value.Inode);
            return error == Errno.OK ? new ControlAnswer("", "", 0) : Failed("setstripe", shown, error);
        }
        if (found.Error != Errno.ENOENT)
            return Failed("setstripe", shown, found.Error);
        return await CreateStripedAsync(mount, path, shown, wanted.Value, cancel);
    }

    async Task<ControlAnswer> CreateStripedAsync(
        FuseMount mount, string path, string shown, byte[] layout, CancellationToken cancel)
    {
        Result<Found> parent = await WalkAsync(mount, Path.GetDirectoryName(path)!, cancel);
        if (parent.Failed)
            return Failed("setstripe", shown, parent.Error);
        LliteMount llite = mount.Client.Llite;
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        Result<LliteCreated> created = await llite.CreateStripedAsync(
            parent.Value.Inode, name, FileType.Regular | 0x1A4,
            LliteOpenFlags.ReadWrite | LliteOpenFlags.Create | LliteOpenFlags.Exclusive, layout, Caller, cancel);
        // The kernel may remember that there was none.
        if (!created.Failed)
            await llite.Options.Kernel.InvalidateEntryAsync(parent.Value.Inode, name);
        Forget(mount, parent.Value.Inode);
        if (created.Failed)
            return Failed("setstripe", shown, created.Error);
        await llite.ReleaseAsync(created.Value.Opened.File);
        if (created.Value.Entry.Inode is { } inode)
            Forget(mount, inode);
        return new ControlAnswer("", "", 0);
    }

    static Credentials Caller { get; } = new(0, 0);

    /// <summary>Goes from the mount's root to a path; the last inode counts as looked up.</summary>
    static async Task<Result<Found>> WalkAsync(FuseMount mount, string path, CancellationToken cancel)
    {
        LliteMount llite = mount.Client.Llite;
        string root = MountTable.Normalize(mount.Request.MountPoint);
        LliteInode at = llite.Root;
        bool isDirectory = true;
        foreach (string name in path[root.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Result<LliteEntry> next = await llite.LookupAsync(at, Encoding.UTF8.GetBytes(name), Caller, cancel);
            if (at != llite.Root)
                Forget(mount, at);
            if (next.Failed || next.Value.Inode is not { } inode)
                return next.Failed ? next.Error : Errno.ENOENT;
            at = inode;
            isDirectory = next.Value.Attributes.IsDirectory;
        }
        return new Found(at, isDirectory);
    }

    readonly record struct Found(LliteInode Inode, bool IsDirectory);

    static void Forget(FuseMount mount, LliteInode inode)
    {
        if (inode != mount.Client.Llite.Root)
            mount.Client.Llite.Forget(inode.NodeId, 1);
    }

    static ControlAnswer Failed(string verb, string what, Errno error) =>
        new("", $"lfs {verb}: '{what}': {ErrnoText.Of(error)}\n", (int)error);
}
