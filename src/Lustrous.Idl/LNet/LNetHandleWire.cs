using System.Globalization;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>Names a memory descriptor of the sender; comes back in the ACK or REPLY as it was sent
/// (<c>struct lnet_handle_wire</c>).</summary>
[WireStruct("lnet_handle_wire", size: 16, Prefix = "wh_", Opaque = true, Scalar = true)]
public partial record struct LNetHandleWire
{
    public ulong InterfaceCookie;       // changes when the node restarts
    public ulong ObjectCookie;          // the descriptor

    public override readonly string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"0x{InterfaceCookie:x}.0x{ObjectCookie:x}");
}
