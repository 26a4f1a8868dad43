using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>Bytes from <see cref="Start"/> up to, without, <see cref="End"/>; an end of all ones is the end of the
/// file (<c>struct lu_extent</c>).</summary>
[WireStruct("lu_extent", size: 16, Prefix = "e_")]
public partial record struct LuExtent
{
    public ulong Start;
    public ulong End;
}
