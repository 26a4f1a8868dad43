using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>A range of a file; a length of all ones is up to its end (<c>struct hsm_extent</c>).</summary>
[WireStruct("hsm_extent", size: 16)]
public partial record struct HsmExtent
{
    public ulong Offset;
    public ulong Length;
}
