using Lustrous.Idl.LNet;
using Lustrous.LNet.Lnd;

namespace Lustrous.LNet;

/// <summary>One of this node's addresses and the driver behind it (<c>struct lnet_ni</c>).</summary>
public sealed partial class LNetInterface(Nid nid, ILnd lnd, ILndUpcalls upcalls)
{
    public Nid Nid { get; } = nid;

    public ILnd Lnd { get; } = lnd;

    /// <summary>Whom the driver tells; a decorator of the driver puts itself in between before it starts.</summary>
    public ILndUpcalls Upcalls { get; internal set; } = upcalls;
}
