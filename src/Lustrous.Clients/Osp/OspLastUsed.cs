using System.Buffers.Binary;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Clients.Osp;

/// <summary>
/// The last object of an OST that a file was given, in two files of the MDT: numbers (<c>lov_objid</c>) and sequences
/// (<c>lov_objseq</c>), eight bytes an OST. It moves with the transaction that makes the file, so that after a crash
/// the OST destroys exactly what no file has.
/// </summary>
/// <remarks>Source: osp_init_last_objid and osp_object_create of lustre/osp.</remarks>
sealed class OspLastUsed(IDtDevice storage, uint ostIndex)
{
    const int EntryBytes = 8;
    const uint ReadWriteByOwner = 0x1A4;

    readonly RankedLock _lock = new(9, "opd_last_used");
    readonly IDtObject _numbers = storage.Locate(DtLocalFid.LovObjects);
    readonly IDtObject _sequences = storage.Locate(new Fid(FidSeq.LOCAL_FILE, 4121));    // MDD_LOV_OBJ_OSEQ
    Fid _last;      // guarded by _lock

    long Offset => (long)ostIndex * EntryBytes;

    /// <summary>The last object that a file has, be its transaction durable or not.</summary>
    public Fid Last
    {
        get
        {
            using (_lock.Enter())
                return _last;
        }
    }

    /// <summary>The last object that a stored file has; zero when there is none.</summary>
    public Fid Load()
    {
        using (_lock.Enter())
        {
            _last = new Fid(Read(_sequences), (uint)Read(_numbers));
            return _last;
        }
    }

    /// <summary>Makes the files; once, when the MDT starts.</summary>
    public Errno Prepare()
    {
        foreach (IDtObject file in (ReadOnlySpan<IDtObject>)[_numbers, _sequences])
        {
            if (!file.Exists && Create(file) is var error and not (Errno.OK or Errno.EEXIST))
                return error;
        }
        return Errno.OK;
    }

    public Errno Declare(DtTransaction transaction)
    {
        Errno status = transaction.DeclareWrite(_numbers, Offset, EntryBytes);
        return status == Errno.OK ? transaction.DeclareWrite(_sequences, Offset, EntryBytes) : status;
    }

    /// <summary>Notes that a file has <paramref name="fid"/>. A later one that was faster is not taken back.</summary>
    public Errno Use(DtTransaction transaction, Fid fid)
    {
        using (_lock.Enter())
        {
            bool isNewSequence = fid.Sequence != _last.Sequence;
            if (!isNewSequence && fid.ObjectId <= _last.ObjectId)
                return Errno.OK;
            Errno status = isNewSequence ? Write(transaction, _sequences, fid.Sequence) : Errno.OK;
            if (status == Errno.OK)
                status = Write(transaction, _numbers, fid.ObjectId);
            if (status == Errno.OK)
                _last = fid;
            return status;
        }
    }

    /// <summary>A new sequence is begun: an OST that is asked what is left over is asked about this one.</summary>
    public Errno BeginSequence(ulong sequence)
    {
        DtTransaction transaction = storage.Begin();
        Errno status = Declare(transaction);
        if (status == Errno.OK)
            status = transaction.Start();
        if (status == Errno.OK)
        {
            using (_lock.Enter())
            {
                status = Write(transaction, _sequences, sequence);
                if (status == Errno.OK)
                    status = Write(transaction, _numbers, 0);
                if (status == Errno.OK)
                    _last = new Fid(sequence, 0);
            }
        }
        transaction.Stop(status);
        return status;
    }

    ulong Read(IDtObject file)
    {
        Span<byte> bytes = stackalloc byte[EntryBytes];
        return file.Exists && file.Read(Offset, bytes) is { Failed: false, Value: EntryBytes }
            ? BinaryPrimitives.ReadUInt64LittleEndian(bytes)
            : 0;
    }

    Errno Write(DtTransaction transaction, IDtObject file, ulong value)
    {
        Span<byte> bytes = stackalloc byte[EntryBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return file.Write(transaction, Offset, bytes);
    }

    Errno Create(IDtObject file)
    {
        DtTransaction transaction = storage.Begin();
        Errno status = transaction.DeclareCreate();
        if (status == Errno.OK)
            status = transaction.Start();
        if (status == Errno.OK)
        {
            var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular | ReadWriteByOwner };
            status = file.Create(transaction, attributes, DtObjectFormat.Regular);
        }
        transaction.Stop(status);
        return status;
    }
}
