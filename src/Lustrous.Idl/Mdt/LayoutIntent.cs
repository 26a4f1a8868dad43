using Lustrous.Idl.Layout;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Why a client wants the layout, and for which part of the file (<c>struct layout_intent</c>).</summary>
[WireStruct("layout_intent", size: 24, Prefix = "lai_")]
public partial record struct LayoutIntent
{
    [WireName("lai_opc")] public LayoutIntentOp Opcode;
    public LayoutIntentFlags Flags;
    public LuExtent Extent;
}
