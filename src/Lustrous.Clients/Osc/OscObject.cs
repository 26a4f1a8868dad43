using Lustrous.Clients.Lov;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Ldlm.Client;

namespace Lustrous.Clients.Osc;

/// <summary>
/// One object of an OST as this client knows it (<c>struct osc_object</c>): the pages cached of it, the extent locks
/// they are cached under, its size and times.
/// </summary>
/// <remarks>
/// Every valid page is covered by a lock that is held; when a lock goes, dirty pages under it are written and all are
/// dropped. Parts: Write, Read, Flush (to the OST), Locks, Calls (RPCs without data).
/// </remarks>
sealed partial class OscObject
{
    readonly RankedLock _lock = new(8, "osc_object");
    readonly OscChunkList _chunks = new();          // guarded by _lock, as all below
    readonly List<ClientLock> _locks = [];
    TaskCompletionSource? _progress;                // made when somebody waits
    OstLvb _lvb;
    ulong _kms;                                     // known minimum size, under the locks held
    int _dirtyPages;
    int _partPages;                                 // of these, known in part
    int _writingPages;
    ulong _dirtyHint;                               // no chunk before this index is dirty
    ulong _urgentStart = ulong.MaxValue;            // to be written as soon as may be; empty when start > end
    ulong _urgentEnd;
    ulong _punchStart = ulong.MaxValue;             // a truncate is under way from here on: no writes
    readonly List<(ulong First, ulong Last)> _pins = [];    // chunks that a call has had read and not used yet
    readonly List<(ulong Start, ulong End)> _directs = [];  // pages that are written around the cache just now
    Errno _writeError;
    bool _isUnsynced;                               // the OST may not have all of it on disk
    bool _isSmallFile = true;

    public OscObject(OscDevice device, OstId id)
    {
        Device = device;
        Id = id;
        Resource = LdlmResId.FromOstId(id);
    }

    public OscDevice Device { get; }

    public OstId Id { get; }

    public LdlmResId Resource { get; }

    /// <summary>The file it belongs to, which OSTs keep for repair.</summary>
    public Fid Parent { get; set; }

    public uint StripeIndex { get; set; }

    /// <summary>Which part of the file its component is, likewise.</summary>
    public OstLayout Place { get; set; }

    /// <summary>Of a mirrored file the generation of the layout, older ones of which an OST refuses; else 0.</summary>
    public uint LayoutVersion { get; set; }

    /// <summary>Null while no file is open on it.</summary>
    public IOscObjectOwner? Owner { get; set; }

    /// <summary>Users; guarded by the device's table lock.</summary>
    internal int References;

    /// <summary>Places in the device's lists; guarded by its queue lock.</summary>
    internal bool IsQueued, IsInDirtyList;

    internal TimeSpan DirtySince;

    internal LinkedListNode<OscObject>? QueueNode, DirtyNode;

    public ulong KnownMinimumSize
    {
        get
        {
            using (_lock.Enter())
                return _kms;
        }
    }

    /// <summary>Size, times and blocks as far as known; the size is at least what was written here.</summary>
    public OstLvb Attributes
    {
        get
        {
            using (_lock.Enter())
                return CurrentLvb();
        }
    }

    public long CachedBytes
    {
        get
        {
            using (_lock.Enter())
            {
                long bytes = 0;
                for (int i = 0; i < _chunks.Count; i++)
                    bytes += _chunks[i].Buffer?.Capacity ?? 0;
                return bytes;
            }
        }
    }

    public bool IsDirty
    {
        get
        {
            using (_lock.Enter())
                return _dirtyPages + _writingPages > 0;
        }
    }

    NodeContext Context => Device.Node.Context;

    /// <summary>The error of a write in the background, once.</summary>
    public Errno TakeWriteError()
    {
        using (_lock.Enter())
        {
            Errno error = _writeError;
            _writeError = Errno.OK;
            return error;
        }
    }

    /// <summary>A write's reply tells what the OST has now.</summary>
    public void Wrote(in Obdo reply)
    {
        using (_lock.Enter())
        {
            _isUnsynced = true;
            if ((reply.Valid & MdtValid.FLBLOCKS) != 0)
                _lvb.Blocks = reply.Blocks;
        }
    }

    OstLvb CurrentLvb()
    {
        OstLvb lvb = _lvb;
        lvb.Size = Math.Max(lvb.Size, _kms);
        return lvb;
    }

    /// <summary>Ends with the next RPC of this object that ends. Under the lock.</summary>
    Task Progress() => (_progress ??= new TaskCompletionSource()).Task;

    TaskCompletionSource? TakeProgress()
    {
        TaskCompletionSource? progress = _progress;
        _progress = null;
        return progress;
    }

    void Touch(bool modified)
    {
        DateTimeOffset now = Context.Clock.GetUtcNow();
        long seconds = now.ToUnixTimeSeconds();
        uint nanoseconds = (uint)(now.Ticks % TimeSpan.TicksPerSecond * 100);
        if (modified)
        {
            (_lvb.Mtime, _lvb.MtimeNs) = (seconds, nanoseconds);
            (_lvb.Ctime, _lvb.CtimeNs) = (seconds, nanoseconds);
        }
        else
        {
            (_lvb.Atime, _lvb.AtimeNs) = (seconds, nanoseconds);
        }
    }

    /// <summary>The attributes that a read or write carries (<c>osc_req_attr_set</c>). Under the lock.</summary>
    Obdo IoAttributes(ulong offset, bool isWrite)
    {
        Obdo attributes = IdAttributes();
        attributes.Valid |= MdtValid.FLMTIME | MdtValid.FLCTIME | (isWrite ? 0 : MdtValid.FLATIME);
        (attributes.Mtime, attributes.Ctime) = (_lvb.Mtime, _lvb.Ctime);
        if (!isWrite)
            attributes.Atime = _lvb.Atime;
        else
            SetOwner(ref attributes);
        SetPlace(ref attributes);
        SetHandle(ref attributes, offset);
        return attributes;
    }

    /// <summary>Whom the OST counts the object's data for, with the first write to it (vvp_req_attr_set).</summary>
    void SetOwner(ref Obdo attributes)
    {
        if (Owner is not { } owner)
            return;
        LovOwnership whose = owner.Ownership;
        attributes.Valid |= MdtValid.FLUID | MdtValid.FLGID | MdtValid.FLPROJID;
        (attributes.Uid, attributes.Gid, attributes.ProjectId) = (whose.Uid, whose.Gid, whose.ProjectId);
    }

    /// <summary>Which stripe of the file it is; the OST keeps it for repair (lovsub_req_attr_set).</summary>
    void SetPlace(ref Obdo attributes)
    {
        attributes.Valid |= MdtValid.FLOSTLAYOUT;
        attributes.Layout = Place;
        if (LayoutVersion == 0)
            return;
        attributes.Valid |= MdtValid.LAYOUT_VERSION;
        attributes.LayoutVersion = LayoutVersion;
    }

    Obdo IdAttributes() => new()
    {
        Valid = MdtValid.FLID | MdtValid.FLGROUP | MdtValid.FLPARENT | MdtValid.FLFID,
        ObjectId = Id,
        ParentSequence = Parent.Sequence,
        ParentObjectId = Parent.ObjectId,
        ParentVer = Parent.Version,
        StripeIdx = StripeIndex,
    };

    /// <summary>Names the lock that covers an offset, so that the OST prolongs it. Under the lock.</summary>
    void SetHandle(ref Obdo attributes, ulong offset)
    {
        foreach (ClientLock held in _locks)
        {
            if (held.Extent.Start > offset || held.Extent.End < offset)
                continue;
            attributes.Valid |= MdtValid.FLHANDLE;
            attributes.Handle = new(held.RemoteHandle);
            return;
        }
    }

    OscChunk GetOrAdd(ulong index)
    {
        if (_chunks.Find(index) is { } found)
            return found;
        var chunk = new OscChunk(this, index);
        _chunks.Add(chunk);
        return chunk;
    }

    /// <summary>
    /// What a call has had read stays until the call has used it: else a small cache and several readers would read the
    /// same again and again.
    /// </summary>
    void Pin(ulong offset, int length)
    {
        using (_lock.Enter())
            _pins.Add((offset >> OscChunk.Shift, (offset + (ulong)length - 1) >> OscChunk.Shift));
    }

    void Unpin(ulong offset, int length)
    {
        using (_lock.Enter())
            _pins.Remove((offset >> OscChunk.Shift, (offset + (ulong)length - 1) >> OscChunk.Shift));
    }

    bool IsPinned(ulong index)
    {
        foreach ((ulong first, ulong last) in _pins)
        {
            if (index >= first && index <= last)
                return true;
        }
        return false;
    }

    /// <summary>Lets one chunk go if nothing would be lost (from the cache, without any lock).</summary>
    internal void Evict(OscChunk chunk)
    {
        using (_lock.Enter())
        {
            int place = _chunks.LowerBound(chunk.Index);
            if (place >= _chunks.Count || _chunks[place] != chunk || !chunk.IsIdle || IsPinned(chunk.Index))
                return;
            _chunks.RemoveAt(place);
            chunk.Free();
            Device.Cache.Used(chunk);
        }
    }
}
