using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Simulation.Storage;

/// <summary>A transaction that remembers its changes until they are on the disk.</summary>
sealed class CrashTransaction : DtTransaction
{
    readonly CrashDevice _device;
    readonly DtTransaction _live;

    public CrashTransaction(CrashDevice device, DtTransaction live)
    {
        (_device, _live) = (device, live);
        State = Phase.Declaring;
        // Before whoever waits for the commit hears of it.
        live.OnCommit(
            static (state, _, status) =>
            {
                var self = (CrashTransaction)state!;
                if (status == Errno.OK)
                    self._device.Committed(self);
            },
            this);
    }

    public DtTransaction Live => _live;

    public List<Func<IDtDevice, DtTransaction, Errno>> Changes { get; } = [];

    /// <summary>Objects made, with what they are, and destroyed.</summary>
    public List<(Fid Fid, DtObjectFormat? Format)> Lives { get; } = [];

    public override Errno DeclareCreate(int count = 1) => _live.DeclareCreate(count);

    public override Errno DeclareInsert(int keyLength, int recordLength = 32, int count = 1) =>
        _live.DeclareInsert(keyLength, recordLength, count);

    public override Errno DeclareXattr(int size) => _live.DeclareXattr(size);

    public override Errno DeclareWrite(IDtObject dtObject, long offset, long length) =>
        _live.DeclareWrite(((CrashObject)dtObject).Live, offset, length);

    public override Errno DeclareWrite(IDtObject dtObject, DtBuffers buffers) =>
        _live.DeclareWrite(((CrashObject)dtObject).Live, ((CrashBuffers)buffers).Live);

    public override void OnCommit(DtCommitCallback callback, object? state) => _live.OnCommit(callback, state);

    public override void Finish()
    {
        bool started = State is Phase.Started or Phase.Stopping;
        State = Phase.Stopped;
        _live.Finish();
        Sequence = _live.Sequence;
        if (started)
            _device.Stopped(this);
    }

    protected override Errno Begin() => _live.Start();

    protected override void Stopped(bool isSync) => _device.MayCommit(isSync);
}
