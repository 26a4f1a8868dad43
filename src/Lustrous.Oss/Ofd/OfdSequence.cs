using System.Buffers.Binary;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Oss.Ofd;

/// <summary>
/// The objects of one FID sequence (<c>struct ofd_seq</c>): an MDT has them made in advance, in order, and their last
/// number is on disk with them, at <c>[sequence:0:0]</c>.
/// </summary>
sealed class OfdSequence
{
    const int LastIdBytes = 8;

    readonly IDtObject _lastIdObject;
    ulong _lastId;

    OfdSequence(ulong sequence, IDtObject lastIdObject, ulong lastId)
    {
        (Sequence, _lastIdObject, _lastId) = (sequence, lastIdObject, lastId);
    }

    /// <summary>Held while objects are made or orphans destroyed (<c>os_create_lock</c>); all of that is
    /// synchronous.</summary>
    public RankedLock CreateLock { get; } = new(4, "os_create_lock");

    public ulong Sequence { get; }

    /// <summary>Number of the last object made; written under <see cref="CreateLock"/>.</summary>
    public ulong LastId => Volatile.Read(ref _lastId);

    /// <summary>It was begun in this life of the target: no object of it has ever been here before.</summary>
    public bool IsNew { get; private init; }

    /// <summary>The FID of an object by number.</summary>
    public Fid FidOf(ulong id) => new(Sequence, (uint)id);

    /// <summary>Finds the sequence on disk, or begins it (ofd_seq_load).</summary>
    /// <returns>EINVAL: what is there is not a number.</returns>
    public static Result<OfdSequence> Load(IDtDevice device, ulong sequence)
    {
        IDtObject lastIdObject = device.Locate(new Fid(sequence, FidConst.LASTID_OID));
        Span<byte> bytes = stackalloc byte[LastIdBytes];
        if (lastIdObject.Exists)
        {
            Result<int> read = lastIdObject.Read(0, bytes);
            if (read.Failed)
                return read.Error;
            return read.Value == LastIdBytes
                ? new OfdSequence(sequence, lastIdObject, BinaryPrimitives.ReadUInt64LittleEndian(bytes))
                : Errno.EINVAL;
        }
        DtTransaction transaction = device.Begin();
        Errno status = transaction.DeclareCreate();
        if (status == Errno.OK)
            status = transaction.DeclareWrite(lastIdObject, 0, LastIdBytes);
        if (status == Errno.OK)
            status = transaction.Start();
        if (status == Errno.OK)
        {
            var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular | 0x1A4 };
            status = lastIdObject.Create(transaction, attributes, DtObjectFormat.Regular);
        }
        if (status == Errno.OK)
            status = lastIdObject.Write(transaction, 0, bytes);
        transaction.Stop(status);
        return status == Errno.OK ? new OfdSequence(sequence, lastIdObject, 0) { IsNew = true } : status;
    }

    public Errno DeclareLastId(DtTransaction transaction) => transaction.DeclareWrite(_lastIdObject, 0, LastIdBytes);

    /// <summary>Notes the last number on disk, and here.</summary>
    public Errno SetLastId(DtTransaction transaction, ulong id)
    {
        Span<byte> bytes = stackalloc byte[LastIdBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, id);
        Errno status = _lastIdObject.Write(transaction, 0, bytes);
        if (status == Errno.OK)
            Volatile.Write(ref _lastId, id);
        return status;
    }

    /// <summary>Goes on from another number without one being made: an MDT knows of objects that this OST
    /// lost.</summary>
    public void Skip(ulong id) => Volatile.Write(ref _lastId, id);
}
