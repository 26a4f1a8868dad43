using Lustrous.Idl.Ldlm;

namespace Lustrous.Llite;

// Names: those in a directory, and those of an object (struct dentry). A name that leads somewhere is good while the
// object's LOOKUP lock is held, one that leads nowhere while the directory's UPDATE lock is (ll_lookup_it_finish).
public sealed partial class LliteInode
{
    /// <summary>Most missing names remembered of one directory.</summary>
    const int MaxNegatives = 4096;

    // Guarded by _lock; made with the first name.
    Dictionary<byte[], LliteDentry>? _names;
    Dictionary<byte[], LliteDentry>.AlternateLookup<ReadOnlySpan<byte>> _namesBySpan;
    readonly List<LliteDentry> _aliases = [];       // guarded by _lock: names of this object
    int _negatives;                                 // guarded by _lock

    /// <summary>A directory that has this object; zero when none is known.</summary>
    internal Idl.Fids.Fid ParentFid
    {
        get
        {
            using (_lock.Enter())
                return _aliases.Count > 0 ? _aliases[0].Parent.Fid : default;
        }
    }

    /// <summary>What is known of a name.</summary>
    internal LliteDentry? FindName(ReadOnlySpan<byte> name)
    {
        using (_lock.Enter())
            return _names is not null && _namesBySpan.TryGetValue(name, out LliteDentry? found) ? found : null;
    }

    /// <summary>The name leads to the child, whose LOOKUP lock the caller has; in the kernel too when it may keep
    /// the answer.</summary>
    internal LliteDentry AddName(byte[] name, LliteInode child)
    {
        var added = new LliteDentry(this, name, child);
        LliteDentry? old;
        using (_lock.Enter())
        {
            if (_names is not null && _names.TryGetValue(name, out old) && ReferenceEquals(old.Inode, child))
                return old;
            old = Replace(name, added);
        }
        old?.Inode?.RemoveAlias(old);
        using (child._lock.Enter())
            child._aliases.Add(added);
        return added;
    }

    /// <summary>There is no such name; false when that cannot be remembered, as <paramref name="epoch"/> is over or
    /// there are too many.</summary>
    internal bool AddNegative(byte[] name, long epoch)
    {
        LliteDentry? old;
        using (_lock.Enter())
        {
            if (_updateEpoch != epoch || !Covers(InodeBits.UPDATE) || _negatives >= MaxNegatives)
                return false;
            old = Replace(name, new LliteDentry(this, name, null));
            _negatives++;
        }
        old?.Inode?.RemoveAlias(old);
        return true;
    }

    /// <summary>Nothing is known of the name any more.</summary>
    internal LliteDentry? RemoveName(ReadOnlySpan<byte> name)
    {
        LliteDentry? old;
        using (_lock.Enter())
        {
            if (_names is null || !_namesBySpan.Remove(name, out _, out old))
                return null;
            _negatives -= old.Inode is null ? 1 : 0;
        }
        old.Inode?.RemoveAlias(old);
        return old;
    }

    /// <summary>The inode leaves the table: it has no names, and knows none.</summary>
    internal void DropNames()
    {
        LliteDentry[] names = [], aliases;
        using (_lock.Enter())
        {
            if (_names is not null)
                names = [.. _names.Values];
            _names?.Clear();
            _negatives = 0;
            aliases = [.. _aliases];
            _aliases.Clear();
        }
        foreach (LliteDentry name in names)
            name.Inode?.RemoveAlias(name);
        foreach (LliteDentry alias in aliases)
            alias.Parent.RemoveIfSame(alias);
    }

    LliteDentry? Replace(byte[] name, LliteDentry added)
    {
        if (_names is null)
        {
            _names = new Dictionary<byte[], LliteDentry>(NameComparer.Instance);
            _namesBySpan = _names.GetAlternateLookup<ReadOnlySpan<byte>>();
        }
        if (_names.Remove(name, out LliteDentry? old) && old.Inode is null)
            _negatives--;
        _names.Add(name, added);
        return old;
    }

    void RemoveAlias(LliteDentry alias)
    {
        using (_lock.Enter())
            _aliases.Remove(alias);
    }

    void RemoveIfSame(LliteDentry entry)
    {
        using (_lock.Enter())
        {
            if (_names is not null && _names.TryGetValue(entry.Name, out LliteDentry? found)
                && ReferenceEquals(found, entry))
                _names.Remove(entry.Name);
        }
    }

    async ValueTask ForgetNegativesAsync(IKernelCache kernel)
    {
        List<LliteDentry>? gone = null;
        using (_lock.Enter())
        {
            if (_negatives == 0)
                return;
            foreach (LliteDentry entry in _names!.Values)
            {
                if (entry.Inode is null)
                    (gone ??= []).Add(entry);
            }
            foreach (LliteDentry entry in gone ?? [])
                _names.Remove(entry.Name);
            _negatives = 0;
        }
        foreach (LliteDentry entry in gone ?? [])
            await WithoutUsAsync(kernel.InvalidateEntryAsync(this, entry.Name), this);
    }

    async ValueTask ForgetNamesAsync(IKernelCache kernel)
    {
        LliteDentry[] gone;
        using (_lock.Enter())
        {
            if (_aliases.Count == 0)
                return;
            gone = [.. _aliases];
            _aliases.Clear();
        }
        foreach (LliteDentry entry in gone)
            entry.Parent.RemoveIfSame(entry);
        foreach (LliteDentry entry in gone)
        {
            if (entry.IsInKernel)
                await WithoutUsAsync(kernel.InvalidateEntryAsync(entry.Parent, entry.Name), entry.Parent);
        }
    }
}
