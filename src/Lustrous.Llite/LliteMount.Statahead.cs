using Lustrous.Clients.Lov;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Ldlm;

namespace Lustrous.Llite;

// Entries with their attributes for who lists a directory (statahead). Source: lustre/llite/statahead.c.
public sealed partial class LliteMount
{
    /// <summary>Names looked up in one request at most (<c>statahead_batch_max</c>).</summary>
    const int MaxBatch = 64;

    /// <summary>
    /// Entries with their attributes: those that are not known are asked for ahead, many at once and where the MDT can
    /// many in one request, so that the reader waits for one round trip and not for one each.
    /// </summary>
    async ValueTask<int> FillPlusAsync(
        LliteInode directory, DirectoryChunk chunk, int first, IDirectoryFiller filler, Credentials caller,
        CancellationToken cancel)
    {
        Result<MdcDevice> mdc = await FindAsync(directory, cancel);
        // Names of a directory with stripes are asked for one by one, each where it is.
        bool batches = !mdc.Failed && mdc.Value.CanBatch && directory.Stripes is null;
        var ahead = new Queue<Task<LliteEntry>>();
        Task batch = Task.CompletedTask;
        int asked = first, batched = first, index = first;
        bool isFull = false;
        for (; index < chunk.Items.Length && !isFull; index++)
        {
            while (asked < chunk.Items.Length && ahead.Count < Tunables.StataheadMax)
            {
                if (batches && asked == batched)
                {
                    batched = Math.Min(asked + Math.Min(MaxBatch, Tunables.StataheadMax), chunk.Items.Length);
                    batch = LookupAheadAsync(directory, mdc.Value, chunk, asked, batched, caller, cancel);
                }
                ahead.Enqueue(StatAsync(directory, chunk, asked++, batch, caller, cancel));
            }
            LliteEntry entry = await ahead.Dequeue();
            if (Add(chunk, index, entry, filler))
                continue;
            Return(entry);
            isFull = true;
        }
        // What was asked for in vain is known under its locks now, and will be there when the reader goes on.
        while (ahead.TryDequeue(out Task<LliteEntry>? left))
            Return(await left);
        return isFull ? index - 1 - first : index - first;
    }

    /// <summary>Looks up in one request what is not known of the entries from <paramref name="start"/> to
    /// <paramref name="end"/>. What fails is asked for once more, by itself.</summary>
    async Task LookupAheadAsync(
        LliteInode directory, MdcDevice mdc, DirectoryChunk chunk, int start, int end, Credentials caller,
        CancellationToken cancel)
    {
        if (!directory.TryGetPermissions(out LliteAttributes attributes, out byte[] acl)
            || !Permissions.Allows(attributes, acl, Permissions.Execute, caller))
            return;
        var operations = new List<MdOperation>();
        for (int i = start; i < end; i++)
        {
            ReadOnlySpan<byte> name = chunk.Name(chunk.Items[i]);
            if (IsDot(name) || IsKnown(directory, name))
                continue;
            operations.Add(new MdOperation
            {
                Fid1 = directory.Fid,
                Name = name.ToArray(),
                Caller = Pack(caller, directory),
            });
        }
        if (operations.Count < 2)
            return;
        directory.BeginOperation();
        try
        {
            Result<MdAnswer>[] answers = await mdc.LookupBatchAsync(operations, cancel);
            for (int i = 0; i < answers.Length; i++)
            {
                // What is on another MDT is asked for there, by itself.
                if (!answers[i].Failed && answers[i].Value.IsRemote)
                    GiveBack(answers[i].Value);
                else if (!answers[i].Failed && !answers[i].Value.IsNegative)
                    Return(Enter(directory, operations[i].Name.ToArray(), answers[i].Value));
            }
        }
        finally
        {
            directory.EndOperation();
        }
    }

    static bool IsDot(ReadOnlySpan<byte> name) => name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);

    static bool IsKnown(LliteInode directory, ReadOnlySpan<byte> name) =>
        directory.FindName(name) is { Inode: { } child } && child.Holds(InodeBits.LOOKUP)
        && child.TryGetMetadata(out _);

    void Return(in LliteEntry entry)
    {
        if (entry.Inode is { } inode)
            Linger(inode);
    }

    /// <summary>One entry's attributes, after the request that may bring them.</summary>
    async Task<LliteEntry> StatAsync(
        LliteInode directory, DirectoryChunk chunk, int index, Task batch, Credentials caller,
        CancellationToken cancel)
    {
        if (!batch.IsCompleted)
            await batch;
        DirectoryItem item = chunk.Items[index];
        ReadOnlySpan<byte> name = chunk.Name(item);
        if (IsDot(name))
            return default;
        Tunables.StataheadHits.Add(1);
        Result<LliteEntry> found = await LookupAsync(directory, name, caller, cancel);
        // Gone meanwhile, or not to be looked up: the reader gets the bare name.
        if (found.Failed || found.Value.Inode is not { } inode)
            return default;
        LliteEntry entry = found.Value;
        if (entry.AttributesMayCache || inode.Data is not { } data)
            return entry;
        Result<LovAttributes> glimpsed = await data.GlimpseAsync(cancel);
        if (glimpsed.Failed)
        {
            Drop(inode, 1);
            return default;
        }
        entry.Attributes = inode.Remember(glimpsed.Value);
        entry.AttributesMayCache = glimpsed.Value.IsLocked && inode.Holds(LliteInode.AttributeBits);
        if (entry.AttributesMayCache)
            inode.NoteKernelAttributes();
        return entry;
    }
}
