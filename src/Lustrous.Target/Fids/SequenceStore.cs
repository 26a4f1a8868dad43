using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Target.Fids;

/// <summary>A sequence server's range in an object of its target (<c>seq_srv</c>, <c>seq_ctl</c>), little
/// endian.</summary>
/// <remarks>Source: lustre/fid/fid_store.c.</remarks>
public sealed class SequenceStore(IDtDevice device, Fid fid) : ISequenceStore
{
    const uint ReadWriteByOwner = 0x1A4;    // rw-r--r--

    public LuSeqRange Load()
    {
        LuSeqRange range = default;
        IDtObject file = device.Locate(fid);
        if (file.Exists)
        {
            Result<int> read = file.Read(0, MemoryMarshal.AsBytes(new Span<LuSeqRange>(ref range)));
            if (read.Failed || read.Value < Unsafe.SizeOf<LuSeqRange>())
                range = default;
        }
        return range;
    }

    public ValueTask<Errno> SaveAsync(LuSeqRange space, CancellationToken cancel)
    {
        IDtObject file = device.Locate(fid);
        bool isNew = !file.Exists;
        DtTransaction transaction = device.Begin();
        transaction.IsSync = true;
        Errno status = isNew ? transaction.DeclareCreate() : Errno.OK;
        if (status == Errno.OK)
            status = transaction.DeclareWrite(file, 0, Unsafe.SizeOf<LuSeqRange>());
        if (status == Errno.OK)
            status = transaction.Start();
        if (status == Errno.OK && isNew)
        {
            var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular | ReadWriteByOwner };
            status = file.Create(transaction, attributes, DtObjectFormat.Regular);
        }
        if (status == Errno.OK)
            status = file.Write(transaction, 0, MemoryMarshal.AsBytes(new ReadOnlySpan<LuSeqRange>(in space)));
        transaction.Stop(status);
        return status == Errno.OK ? device.SyncAsync(cancel) : new(status);
    }
}
