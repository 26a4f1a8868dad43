using Lustrous.Obdclass.Config;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target;

/// <summary>What an MDT or an OST offers to whoever hosts it: it is started by its configuration log and then
/// serves.</summary>
/// <remarks>
/// The host formats or opens the storage, makes the device, registers it with the MGS, shows it every command of
/// <c>FSNAME-MDT0000</c> or <c>FSNAME-OST0000</c> in order (later ones, such as a new OST, as they come), and then
/// starts it. Source: server_start_targets of lustre/target/tgt_mount.c.
/// </remarks>
public interface ITargetDevice : IAsyncDisposable
{
    /// <summary><c>lustre-OST0000</c>.</summary>
    string Name { get; }

    /// <summary>What the node's services find by name; the device itself adds it to the exports.</summary>
    ServiceTarget Target { get; }

    /// <summary>Carries out one command of its configuration log; markers and <c>add_uuid</c> are not shown. What does
    /// not concern it is OK.</summary>
    ValueTask<Errno> ProcessConfigAsync(ConfigCommand command, CancellationToken cancel);

    /// <summary>The log has been read to its end: takes clients from here on.</summary>
    ValueTask<Errno> StartAsync(CancellationToken cancel);
}
