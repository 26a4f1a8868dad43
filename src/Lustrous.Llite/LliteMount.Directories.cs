using Lustrous.Clients.Mdc;
using Lustrous.Ldlm.Client;

namespace Lustrous.Llite;

// Reading directories. Source: lustre/llite/dir.c.
public sealed partial class LliteMount
{
    /// <summary>What a reader gets as position behind the last entry: the largest that an off_t holds.</summary>
    public const ulong EndCookie = long.MaxValue;

    const int ReadPagesBytes = 256 << 10;

    /// <summary>
    /// Entries from <paramref name="cookie"/> on (0: the first) until the filler is full or the directory ends; with
    /// attributes when <paramref name="plus"/>.
    /// </summary>
    /// <param name="directory">Which.</param>
    /// <param name="file">Its open; null where the kernel reads directories without opening them.</param>
    /// <param name="cookie">Where, as an entry's <see cref="LliteDirectoryEntry.NextCookie"/> said.</param>
    /// <param name="plus">With attributes.</param>
    /// <param name="filler">Takes the entries.</param>
    /// <param name="caller">Who reads.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Errno> ReaddirAsync(
        LliteInode directory, LliteFile? file, ulong cookie, bool plus, IDirectoryFiller filler, Credentials caller,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(filler);
        Tunables.Readdir.Add(1);
        if (!directory.IsDirectory)
            return Errno.ENOTDIR;
        Errno allowed = file is null ? await AccessAsync(directory, Permissions.Read, caller, cancel) : Errno.OK;
        if (allowed != Errno.OK)
            return allowed;
        int skip = file is { } open && open.Position.Cookie == cookie ? open.Position.Skip : 0;
        while (cookie < EndCookie)
        {
            Result<DirectoryChunk> chunk = Known(directory, file, cookie) is { } known
                ? known
                : await ReadChunkAsync(directory, cookie, caller, cancel);
            if (chunk.Failed)
                return chunk.Error;
            if (file is not null && directory.Stripes is not null)
                file.Entries = chunk.Value;
            int first = chunk.Value.IndexOf(cookie) + skip;
            int taken = plus && Tunables.StataheadMax > 0
                ? await FillPlusAsync(directory, chunk.Value, first, filler, caller, cancel)
                : Fill(chunk.Value, first, filler);
            if (first + taken < chunk.Value.Items.Length)
            {
                Remember(file, chunk.Value, first + taken);
                return Errno.OK;
            }
            (cookie, skip) = (chunk.Value.Next >= DirectoryChunk.End ? EndCookie : chunk.Value.Next, 0);
            if (file is not null)
                file.Position = new DirectoryPosition(cookie, 0);
        }
        return Errno.OK;
    }

    /// <summary>The same for an open directory.</summary>
    public ValueTask<Errno> ReaddirAsync(
        LliteFile file, ulong cookie, bool plus, IDirectoryFiller filler, Credentials caller,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        return ReaddirAsync(file.Inode, file, cookie, plus, filler, caller, cancel);
    }

    /// <summary>What was read already: kept under a lock, or, of a directory with stripes, by who reads on.</summary>
    static DirectoryChunk? Known(LliteInode directory, LliteFile? file, ulong cookie) =>
        directory.FindChunk(cookie)
        ?? (cookie > 0 && file?.Entries is { } last && last.Start <= cookie && cookie < last.Next ? last : null);

    static void Remember(LliteFile? file, DirectoryChunk chunk, int index)
    {
        if (file is null)
            return;
        ulong hash = chunk.Items[index].Hash;
        file.Position = new DirectoryPosition(hash, index - chunk.IndexOf(hash));
    }

    static ulong CookieBehind(DirectoryChunk chunk, int index) =>
        index + 1 < chunk.Items.Length ? chunk.Items[index + 1].Hash
        : chunk.Next >= DirectoryChunk.End ? EndCookie
        : chunk.Next;

    static int Fill(DirectoryChunk chunk, int first, IDirectoryFiller filler)
    {
        int index = first;
        while (index < chunk.Items.Length && Add(chunk, index, default, filler))
            index++;
        return index - first;
    }

    static bool Add(DirectoryChunk chunk, int index, in LliteEntry entry, IDirectoryFiller filler)
    {
        ref readonly DirectoryItem item = ref chunk.Items[index];
        return filler.Add(new LliteDirectoryEntry
        {
            Name = chunk.Name(item),
            Ino = FidInode.Number(item.Fid),
            Type = item.Type & FileType.Mask,
            NextCookie = CookieBehind(chunk, index),
            Entry = entry,
        });
    }

    async ValueTask<Result<DirectoryChunk>> ReadChunkAsync(
        LliteInode directory, ulong hash, Credentials caller, CancellationToken cancel)
    {
        if (await KnowStripesAsync(directory, caller, cancel) is var unknown and not Errno.OK)
            return unknown;
        if (directory.Stripes is { } stripes)
            return await ReadStripesAsync(directory, stripes, hash, caller, cancel);
        Result<MdcDevice> mdc = await FindAsync(directory, cancel);
        if (mdc.Failed)
            return mdc.Error;
        directory.BeginOperation();
        try
        {
            if (!directory.HoldsUpdate(out long epoch))
            {
                Result<ClientLock> granted = await mdc.Value.LockDirectoryAsync(directory.Fid, cancel);
                // Read without one it is right as well, only not for long (EAGAIN: the MDT gave none).
                if (granted.Failed && granted.Error != Errno.EAGAIN)
                    return granted.Error;
                if (!granted.Failed)
                {
                    if (directory.Attach(granted.Value))
                        granted.Value.Release(granted.Value.GrantedMode);
                    else
                        granted.Value.ReleaseAndCancel(granted.Value.GrantedMode);
                    directory.HoldsUpdate(out epoch);
                }
            }
            using PooledBuffer pages = Context.Buffers.Take(ReadPagesBytes);
            Result<int> bytes = await mdc.Value.ReadPagesAsync(
                directory.Fid, hash, pages.Slice(0, ReadPagesBytes), Pack(caller, directory), cancel);
            if (bytes.Failed)
                return bytes.Error;
            Result<DirectoryChunk> chunk = DirectoryChunk.Parse(hash, pages.Span[..bytes.Value]);
            if (!chunk.Failed)
                directory.AddChunk(chunk.Value, epoch);
            return chunk;
        }
        finally
        {
            directory.EndOperation();
        }
    }
}
