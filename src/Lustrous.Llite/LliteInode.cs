using Lustrous.Clients.Lmv;
using Lustrous.Clients.Lov;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;

namespace Lustrous.Llite;

/// <summary>One file system object that the kernel or we know (<c>struct inode</c> with <c>struct
/// ll_inode_info</c>).</summary>
public sealed partial class LliteInode : ILovObjectOwner
{
    readonly RankedLock _lock = new(3, "lli_lock");
    readonly LliteMount _mount;
    LliteAttributes _attributes;        // guarded by _lock: what the MDT told last
    byte[] _acl = [];                   // guarded by _lock
    byte[] _layout = [];                // guarded by _lock
    byte[]? _linkTarget;                // guarded by _lock; never changes once known
    LovObject? _data;                   // set once under _lock
    LmvLayout? _stripes;                // written under _lock: of a directory whose names lie on several objects
    Errno _stripesError;                // written under _lock: why its names cannot be found
    bool _hasAttributes;                // guarded by _lock
    long _references;                   // kernel lookups, open files, ourselves; guarded by the table at 0

    internal LliteInode(LliteMount mount, Fid fid, ulong nodeId)
    {
        _mount = mount;
        Fid = fid;
        NodeId = nodeId;
    }

    public Fid Fid { get; }

    /// <summary>Names it to the kernel while it is known there; 1 is the root. The upper half counts how often the
    /// lower was used, so that none comes twice.</summary>
    public ulong NodeId { get; }

    /// <summary>The FID in 64 bits.</summary>
    public ulong Ino => FidInode.Number(Fid);

    /// <summary>Type as st_mode; 0 while nothing is known.</summary>
    public uint Type { get; private set; }

    public bool IsDirectory => Type == FileType.Directory;

    public bool IsRegular => Type == FileType.Regular;

    public override string ToString() => $"{Fid}";

    /// <summary>The file's data; null where it has none: not regular, or without objects.</summary>
    internal LovObject? Data => Volatile.Read(ref _data);

    /// <summary>How the directory's names lie on its stripes; null for one without, as most.</summary>
    internal LmvLayout? Stripes => Volatile.Read(ref _stripes);

    /// <summary>Why the names of a directory cannot be found; OK where they can.</summary>
    internal Errno StripesError => _stripesError;

    internal byte[]? LinkTarget
    {
        get => Volatile.Read(ref _linkTarget);
        set => Volatile.Write(ref _linkTarget, value);
    }

    /// <summary>Layout as the MDT gave it.</summary>
    internal byte[] Layout
    {
        get
        {
            using (_lock.Enter())
                return _layout;
        }
    }

    internal long References => Interlocked.Read(ref _references);

    /// <summary>One more, unless it is on its way out of the table.</summary>
    internal bool TryReference()
    {
        long seen = Interlocked.Read(ref _references);
        while (seen > 0)
        {
            long before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
                return true;
            seen = before;
        }
        return false;
    }

    /// <summary>One more, by the table, which keeps it from leaving meanwhile.</summary>
    internal void Reference() => Interlocked.Increment(ref _references);

    /// <summary>Gives references back unless they are the last.</summary>
    internal bool TryDropShared(long count)
    {
        long seen = Interlocked.Read(ref _references);
        while (seen > count)
        {
            long before = Interlocked.CompareExchange(ref _references, seen - count, seen);
            if (before == seen)
                return true;
            seen = before;
        }
        return false;
    }

    /// <summary>Returns how many are left.</summary>
    internal long DropReferences(long count)
    {
        long left = Interlocked.Add(ref _references, -count);
        Lassert.That(left >= 0, "an inode was given back more often than it was taken");
        return left;
    }

    /// <summary>Mode, owner and ACL, for permission checks; false when no lock covers them.</summary>
    internal bool TryGetPermissions(out LliteAttributes attributes, out byte[] acl)
    {
        using (_lock.Enter())
        {
            (attributes, acl) = (_attributes, _acl);
            return _hasAttributes && Covers(PermissionBits);
        }
    }

    /// <summary>What was known last, however old.</summary>
    internal LliteAttributes LastAttributes
    {
        get
        {
            using (_lock.Enter())
                return _attributes;
        }
    }

    async ValueTask ILovObjectOwner.InvalidateAsync(ulong start, ulong end) => await InvalidateDataAsync(start, end);

    // Size and times were changed behind the kernel's back, or the lock over them is gone: it asks again.
    void ILovObjectOwner.AttributesChanged()
    {
        if (Interlocked.Exchange(ref _kernelHasAttributes, 0) != 0)
            _mount.Watch(_mount.Options.Kernel.InvalidateInodeAsync(this, data: false));
    }
}
