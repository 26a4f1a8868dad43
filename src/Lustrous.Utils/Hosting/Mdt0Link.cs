using Lustrous.Clients.Mgc;
using Lustrous.Clients.Osp;
using Lustrous.Idl.Config;
using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;
using Lustrous.Obdclass.Fids;
using Lustrous.Ptlrpc;

namespace Lustrous.Utils.Hosting;

/// <summary>An OST's way to MDT0000, which gives out FID sequences: found in the clients' log, where it stands once the
/// MDT has registered (lustre_lwp_setup of lustre/target/tgt_mount.c).</summary>
sealed class Mdt0Link(PtlrpcNode node, TargetSpec ost) : ISequenceSource, IConfigLogOwner, IAsyncDisposable
{
    readonly string _mdt0 = new TargetSpec(ost.FsName, true, 0).Name;
    readonly UuidTable _uuids = new();
    Lwp? _lwp;
    string? _device;        // that the log calls MDT0000's client

    public ValueTask<Result<LuSeqRange>> AllocateAsync(
        SeqOperation operation, LuSeqRange asker, CancellationToken cancel) =>
        _lwp is { } lwp ? lwp.AllocateAsync(operation, asker, cancel) : new(Errno.EINPROGRESS);

    public ValueTask<Errno> ProcessAsync(ConfigCommand command, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command.Command == LcfgCommand.ADD_UUID)
            return new(ConfigNids.Add(_uuids, command));
        if (command.Command == LcfgCommand.ADD_CONN && command.Text(0) == _device)
            _lwp?.Import.AddConnections(_uuids.Find(command.Text(1) ?? ""));
        if (command.Command != LcfgCommand.SETUP || _lwp is not null || command.Text(1) != _mdt0 + "_UUID"
            || command.Text(2) is not { } where)
            return new(Errno.OK);
        _device = command.Text(0);
        _lwp = new Lwp(node, ost.Name, _mdt0, _uuids.Find(where));
        return new(_lwp.Start());
    }

    public async ValueTask DisposeAsync()
    {
        if (_lwp is { } lwp)
            await lwp.DisposeAsync();
    }
}
