using System.Buffers.Binary;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// Objects without a name that somebody has open: in a directory of their own, so that a restart finds those that nobody
// will ever close (lustre/mdd/mdd_orphans.c).
public sealed partial class MddDevice
{
    const int OrphanNameLength = 32;

    /// <summary>One more handle on an object that exists (mdd_open's count).</summary>
    /// <param name="o">Which.</param>
    /// <param name="flags">How it is opened.</param>
    /// <param name="byHandle">By FID: then even one without a name, if somebody has it open.</param>
    /// <param name="isReplay">It was open in the target's former life: then it may have lost its name there.</param>
    /// <returns>ENOENT: it has been removed. ETXTBSY.</returns>
    internal Errno TryOpen(IDtObject o, MdsOpenFlags flags, bool byHandle, bool isReplay = false)
    {
        if (Open.TryOpen(o.Fid, flags) is var error and not Errno.OK)
            return error;
        if (isReplay && IsOrphan(o.Fid))
        {
            Open.MarkOrphan(o.Fid);
            return Errno.OK;
        }
        if (o.GetAttributes(out DtAttributes attributes) == Errno.OK
            && (attributes.Nlink > 0 || byHandle && Open.IsOpenOrphan(o.Fid)))
            return Errno.OK;
        Close(MddContext.Server, o, flags);
        return Errno.ENOENT;
    }

    /// <summary>A handle is gone; the last one of an orphan takes the object with it. While clients open again what
    /// they had open it stays: another may yet come, and <see cref="DestroyOrphans"/> comes after them all.</summary>
    internal Errno Close(in MddContext context, IDtObject o, MdsOpenFlags flags)
    {
        if (!Open.Close(o.Fid, flags))
            return Errno.OK;
        if (!_transactions.IsRecovering)
            return DestroyOrphan(context, o);
        Open.Destroyed(o.Fid);      // it is in the list, as if nobody had opened it
        // The recovery may have ended, and the list have been gone through, at this moment.
        return _transactions.IsRecovering || !Open.TryClaimOrphan(o.Fid) ? Errno.OK : DestroyOrphan(context, o);
    }

    /// <summary>Destroys what the last life of the target left open, and nobody has opened again.</summary>
    /// <returns>How many there were.</returns>
    public int DestroyOrphans()
    {
        IDtObject orphans = _device.Locate(DtLocalFid.Orphans);
        if (!orphans.Exists)
            return 0;
        var found = new List<Fid>();
        using (DtDirectoryIterator names = orphans.Iterate(0))
        {
            while (names.MoveNext())
            {
                if (names.Name.Length == OrphanNameLength)
                    found.Add(names.Entry.Fid);
            }
        }
        int destroyed = 0;
        foreach (Fid fid in found)
        {
            if (!Open.TryClaimOrphan(fid))
                continue;
            DestroyOrphan(MddContext.Server, _device.Locate(fid));
            destroyed++;
        }
        return destroyed;
    }

    bool IsOrphan(Fid fid)
    {
        Span<byte> name = stackalloc byte[OrphanNameLength];
        OrphanName(fid, name);
        return _device.Locate(DtLocalFid.Orphans).Lookup(name, out _) == Errno.OK;
    }

    void AddOrphan(DtTransaction tx, IDtObject o, uint type)
    {
        Span<byte> name = stackalloc byte[OrphanNameLength];
        OrphanName(o.Fid, name);
        Errno error = _device.Locate(DtLocalFid.Orphans).Insert(tx, name, new DtEntry(o.Fid, type));
        if (error != Errno.OK)
            _context.Log.Warning("mdd", $"{o.Fid} is not in the list of orphans: {error}");
    }

    Errno DestroyOrphan(in MddContext context, IDtObject o)
    {
        byte[]? layout = GetLayout(o);
        DtTransaction tx = _transactions.Begin(context.Owner);
        Errno error = DeclareChangeObjects(tx, layout);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
        {
            Span<byte> name = stackalloc byte[OrphanNameLength];
            OrphanName(o.Fid, name);
            _device.Locate(DtLocalFid.Orphans).Remove(tx, name);
            DestroyObjects(tx, o, layout);
            error = o.Destroy(tx);
        }
        tx.Stop(error);
        Open.Destroyed(o.Fid);
        if (error != Errno.OK)
            _context.Log.Warning("mdd", $"orphan {o.Fid} could not be destroyed: {error}");
        return error;
    }

    /// <summary>The FID in hexadecimal, as Lustre names files in PENDING, padded to one length.</summary>
    static void OrphanName(Fid fid, Span<byte> name)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, fid.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], fid.ObjectId);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], fid.Version);
        Convert.TryToHexStringLower(bytes, name, out _);
    }
}
