using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;

namespace Lustrous.Mds.Mdd;

/// <summary>
/// Who has what open: decides whether an object that has lost its last name is destroyed at once or lives on as an
/// orphan, and whether one may be written while it is executed. Decisions only; what follows from them is the caller's.
/// </summary>
sealed class OpenObjects
{
    readonly RankedLock _lock = new(5, "mot_open");
    readonly Dictionary<Fid, OpenObject> _objects = [];     // guarded by _lock; never walked

    /// <summary>Objects that are open, for a leak check.</summary>
    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _objects.Count;
        }
    }

    /// <summary>One more handle. The caller looks afterwards whether the object still exists, and if not
    /// <see cref="Close"/>s.</summary>
    /// <returns>ENOENT: it is being destroyed. ETXTBSY: written while executed, or the other way round.</returns>
    public Errno TryOpen(Fid fid, MdsOpenFlags flags)
    {
        using (_lock.Enter())
        {
            bool isNew = !_objects.TryGetValue(fid, out OpenObject? o);
            o ??= new OpenObject(fid);
            if (o.IsDead)
                return Errno.ENOENT;
            if (CountWriter(o, flags) is var error and not Errno.OK)
                return error;
            o.OpenCount++;
            if (isNew)
                _objects.Add(fid, o);
            return Errno.OK;
        }
    }

    /// <summary>A handle is gone.</summary>
    /// <returns>True when the object is an orphan and this was the last handle: the caller destroys it, then calls
    /// <see cref="Destroyed"/>.</returns>
    public bool Close(Fid fid, MdsOpenFlags flags)
    {
        using (_lock.Enter())
        {
            OpenObject o = _objects[fid];
            if ((flags & MdsOpenFlags.FMODE_WRITE) != 0)
                o.WriteCount--;
            else if ((flags & MdsOpenFlags.FMODE_EXEC) != 0)
                o.WriteCount++;
            return Release(o);
        }
    }

    /// <summary>An object is about to lose its last name.</summary>
    /// <returns>True: nobody has it open, so destroy it and call <see cref="Destroyed"/>. False: make it an orphan and
    /// call <see cref="Orphaned"/>.</returns>
    public bool BeginRemove(Fid fid)
    {
        using (_lock.Enter())
        {
            if (!_objects.TryGetValue(fid, out OpenObject? o))
                _objects.Add(fid, o = new OpenObject(fid));
            if (o.OpenCount == 0)
                o.IsDead = true;
            else
                o.OpenCount++;      // the removal itself holds it open until it is in the list of orphans
            return o.IsDead;
        }
    }

    /// <summary>After <see cref="BeginRemove"/> said false: it is in the list of orphans now.</summary>
    /// <returns>As <see cref="Close"/>.</returns>
    public bool Orphaned(Fid fid, bool succeeded)
    {
        using (_lock.Enter())
        {
            OpenObject o = _objects[fid];
            o.IsOrphan |= succeeded;
            return Release(o);
        }
    }

    /// <summary>An open one is in the list of orphans from the target's former life.</summary>
    public void MarkOrphan(Fid fid)
    {
        using (_lock.Enter())
            _objects[fid].IsOrphan = true;
    }

    /// <summary>One of the list of orphans: true when nobody has it open, so that the caller destroys it.</summary>
    public bool TryClaimOrphan(Fid fid)
    {
        using (_lock.Enter())
        {
            if (_objects.ContainsKey(fid))
                return false;
            _objects.Add(fid, new OpenObject(fid) { IsOrphan = true, IsDead = true });
            return true;
        }
    }

    /// <summary>It is destroyed, or could not be: forget it.</summary>
    public void Destroyed(Fid fid)
    {
        using (_lock.Enter())
            _objects.Remove(fid);
    }

    /// <summary>Whether it is open and has no name any more.</summary>
    public bool IsOpenOrphan(Fid fid)
    {
        using (_lock.Enter())
            return _objects.TryGetValue(fid, out OpenObject? o) && o is { IsOrphan: true, IsDead: false };
    }

    /// <summary>Somebody executes it, so it may not be truncated (mdt_write_read &lt; 0).</summary>
    public bool IsExecuted(Fid fid)
    {
        using (_lock.Enter())
            return _objects.TryGetValue(fid, out OpenObject? o) && o.WriteCount < 0;
    }

    static Errno CountWriter(OpenObject o, MdsOpenFlags flags)
    {
        if ((flags & MdsOpenFlags.FMODE_WRITE) != 0)
        {
            if (o.WriteCount < 0)
                return Errno.ETXTBSY;
            o.WriteCount++;
        }
        else if ((flags & MdsOpenFlags.FMODE_EXEC) != 0)
        {
            if (o.WriteCount > 0)
                return Errno.ETXTBSY;
            o.WriteCount--;
        }
        return Errno.OK;
    }

    bool Release(OpenObject o)
    {
        Lassert.That(o.OpenCount > 0);
        if (--o.OpenCount > 0)
            return false;
        if (!o.IsOrphan)
        {
            _objects.Remove(o.Fid);
            return false;
        }
        o.IsDead = true;
        return true;
    }
}
