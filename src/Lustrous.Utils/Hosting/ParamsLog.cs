using Lustrous.Clients.Mgc;
using Lustrous.Idl.Config;
using Lustrous.Obdclass.Config;

namespace Lustrous.Utils.Hosting;

/// <summary>Parameters that <c>lctl set_param -P</c> has set on every node.</summary>
sealed class ParamsLog(LustreNode node) : IConfigLogOwner
{
    public ValueTask<Errno> ProcessAsync(ConfigCommand command, CancellationToken cancel) =>
        new(command.Command == LcfgCommand.SET_PARAM ? node.SetConfigured(command, null) : Errno.OK);
}
