using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Osc;

public sealed partial class OscDevice
{
    /// <summary>Connected at present, or idle for want of work.</summary>
    public bool IsActive => Import.State is ImportState.Full or ImportState.Idle;
}
