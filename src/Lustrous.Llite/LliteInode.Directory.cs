namespace Lustrous.Llite;

// Entries of a directory, kept while its UPDATE lock is held (the page cache of a directory inode).
public sealed partial class LliteInode
{
    // Guarded by _lock; by rising hash, emptied when the UPDATE lock goes. The xattrs by name, under XATTR.
    readonly List<DirectoryChunk> _chunks = [];
    Dictionary<byte[], byte[]>? _xattrs;

    /// <summary>The entries from a hash on, if they are known.</summary>
    internal DirectoryChunk? FindChunk(ulong hash)
    {
        using (_lock.Enter())
        {
            foreach (DirectoryChunk chunk in _chunks)
            {
                if (hash >= chunk.Start && hash < chunk.Next)
                    return chunk;
            }
            return null;
        }
    }

    /// <summary>Keeps entries, unless the lock they were read under went meanwhile.</summary>
    internal void AddChunk(DirectoryChunk chunk, long epoch)
    {
        using (_lock.Enter())
        {
            if (_updateEpoch != epoch || !Covers(Idl.Ldlm.InodeBits.UPDATE))
                return;
            _chunks.RemoveAll(other => other.Start < chunk.Next && chunk.Start < other.Next);
            int at = _chunks.FindIndex(other => other.Start > chunk.Start);
            _chunks.Insert(at < 0 ? _chunks.Count : at, chunk);
        }
    }

    /// <summary>The xattrs, all of them; null when they are not known.</summary>
    internal Dictionary<byte[], byte[]>? Xattrs
    {
        get
        {
            using (_lock.Enter())
                return Covers(Idl.Ldlm.InodeBits.XATTR) ? _xattrs : null;
        }
    }

    internal void SetXattrs(Dictionary<byte[], byte[]> xattrs)
    {
        using (_lock.Enter())
        {
            if (Covers(Idl.Ldlm.InodeBits.XATTR))
                _xattrs = xattrs;
        }
    }
}
