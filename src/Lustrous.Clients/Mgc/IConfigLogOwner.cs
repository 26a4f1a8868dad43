using Lustrous.Idl.Mgs;
using Lustrous.Obdclass.Config;

namespace Lustrous.Clients.Mgc;

/// <summary>Follows a configuration log: a mount, or a server's target.</summary>
public interface IConfigLogOwner
{
    /// <summary>One command that counts, in the order of the log, each once; those inside skipped items are not
    /// shown. Anything but OK ends the reading of the log, to be tried again later.</summary>
    ValueTask<Errno> ProcessAsync(ConfigCommand command, CancellationToken cancel);
}

/// <summary>Follows the table of imperative recovery: which target has been restarted where.</summary>
public interface IRecoverOwner
{
    /// <summary>A target has registered (again): <paramref name="nids"/> are where it is now.</summary>
    ValueTask TargetMovedAsync(
        MgsNidTableEntry entry, IReadOnlyList<Idl.LNet.Nid> nids, CancellationToken cancel);
}
