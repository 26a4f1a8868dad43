using Lustrous.Idl.LNet;
using Lustrous.LNet.Lnd;

namespace Lustrous.LNet;

/// <summary>One of this node's addresses and the driver behind it (<c>struct lnet_ni</c>).</summary>
public sealed partial class LNetInterface(Nid nid, ILnd lnd, ILndUpcalls upcalls)
{
    public Nid Nid { get; } = nid;

    public ILnd Lnd { get; } = lnd;

    public ILndUpcalls Upcalls { get; } = upcalls;
}
