using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Storage;
using Lustrous.Target.Fids;

namespace Lustrous.Mds.Mdt;

/// <summary>What a sequence server has left, in a file of the target (<c>seq_srv</c>, <c>seq_ctl</c>).</summary>
/// <remarks>Source: lustre/fid/fid_store.c.</remarks>
sealed class SequenceStore(IDtDevice device, Fid fid) : ISequenceStore
{
    const int Size = 24;
    const uint Mode = DtMode.Regular | 0x1A4;       // 0644

    public LuSeqRange Load()
    {
        LuSeqRange range = default;
        IDtObject file = device.Locate(fid);
        if (file.Exists)
            file.Read(0, MemoryMarshal.AsBytes(new Span<LuSeqRange>(ref range)));
        return range;
    }

    public async ValueTask<Errno> SaveAsync(LuSeqRange space, CancellationToken cancel)
    {
        Errno error = Write(space);
        return error == Errno.OK ? await device.SyncAsync(cancel) : error;
    }

    Errno Write(LuSeqRange space)
    {
        IDtObject file = device.Locate(fid);
        DtTransaction tx = device.Begin();
        bool isNew = !file.Exists;
        Errno error = isNew ? tx.DeclareCreate() : Errno.OK;
        if (error == Errno.OK)
            error = tx.DeclareWrite(file, 0, Size);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK && isNew)
        {
            error = file.Create(
                tx, new DtAttributes { Valid = DtValid.Mode, Mode = Mode }, DtObjectFormat.Regular);
        }
        if (error == Errno.OK)
            error = file.Write(tx, 0, MemoryMarshal.AsBytes(new ReadOnlySpan<LuSeqRange>(in space)));
        tx.Stop(error);
        return error;
    }
}
