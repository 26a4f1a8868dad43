using System.Buffers.Binary;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Clients.Osp;

/// <summary>
/// The list in an index of the MDT: a change is noted with the transaction that causes it, and taken out when the OST
/// has it on its disk. What a crash leaves there is told again, which does no harm.
/// </summary>
/// <param name="device">The MDT's.</param>
/// <param name="ostIndex">Whose list it is.</param>
public sealed class DtOspChangeLog(IDtDevice device, uint ostIndex) : IOspChangeLog
{
    // Behind all local objects that Lustre names; Lustre has llogs of a catalog in its place.
    const uint FirstObject = 0x4C000000;
    const int KeySize = sizeof(ulong);
    const int RecordSize = 16 + sizeof(ulong) + 3 * sizeof(uint);

    readonly IDtObject _index = device.Locate(new Fid(FidSeq.LOCAL_FILE, FirstObject + ostIndex));
    ulong _lastCookie;

    /// <summary>Not yet confirmed.</summary>
    public long Count => _index.EntryCount;

    /// <remarks>On a full device a removal must not fail for this: then the OST is told, unless the MDT dies
    /// first.</remarks>
    public Errno Declare(DtTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        _ = transaction.DeclareInsert(KeySize, RecordSize);
        return Errno.OK;
    }

    public Errno Add(DtTransaction transaction, in OspChange change, out ulong cookie)
    {
        cookie = Interlocked.Increment(ref _lastCookie);
        Span<byte> key = stackalloc byte[KeySize];
        Span<byte> record = stackalloc byte[RecordSize];
        BinaryPrimitives.WriteUInt64BigEndian(key, cookie);
        BinaryPrimitives.WriteUInt64LittleEndian(record, change.Fid.Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], change.Fid.ObjectId);
        BinaryPrimitives.WriteUInt32LittleEndian(record[12..], change.Fid.Version);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], (ulong)change.Valid);
        BinaryPrimitives.WriteUInt32LittleEndian(record[24..], change.Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(record[28..], change.Gid);
        BinaryPrimitives.WriteUInt32LittleEndian(record[32..], change.ProjectId);
        _index.IndexInsert(transaction, key, record);
        return Errno.OK;
    }

    public void Cancel(ulong cookie)
    {
        DtTransaction transaction = device.Begin();
        Errno error = transaction.Start();
        if (error == Errno.OK)
        {
            Span<byte> key = stackalloc byte[KeySize];
            BinaryPrimitives.WriteUInt64BigEndian(key, cookie);
            error = _index.IndexRemove(transaction, key);
        }
        transaction.Stop(error == Errno.ENOENT ? Errno.OK : error);
    }

    public IReadOnlyList<(OspChange Change, ulong Cookie)> Load()
    {
        if (!_index.Exists)
            Create();
        var left = new List<(OspChange, ulong)>();
        Span<byte> key = stackalloc byte[KeySize];
        Span<byte> record = stackalloc byte[RecordSize];
        int keyLength = 0;
        while (_index.IndexNext(key[..keyLength], left.Count > 0, key, out keyLength, record, out int length)
            == Errno.OK && keyLength == KeySize && length == RecordSize)
        {
            _lastCookie = BinaryPrimitives.ReadUInt64BigEndian(key);
            var fid = new Fid(
                BinaryPrimitives.ReadUInt64LittleEndian(record), BinaryPrimitives.ReadUInt32LittleEndian(record[8..]),
                BinaryPrimitives.ReadUInt32LittleEndian(record[12..]));
            left.Add((
                new OspChange(
                    fid, (MdtValid)BinaryPrimitives.ReadUInt64LittleEndian(record[16..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(record[24..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(record[28..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(record[32..])),
                _lastCookie));
        }
        return left;
    }

    void Create()
    {
        DtTransaction transaction = device.Begin();
        Errno error = transaction.DeclareCreate();
        if (error == Errno.OK)
            error = transaction.Start();
        if (error == Errno.OK)
        {
            var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular | 0x180 };
            error = _index.Create(transaction, attributes, DtObjectFormat.Index(KeySize, RecordSize));
        }
        transaction.Stop(error);
    }
}
