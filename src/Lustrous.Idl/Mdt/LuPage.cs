using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>4 KiB of a directory or an index, as in bulk (<c>union lu_page</c>). Little-endian.</summary>
[WireStruct("lu_page", size: 4096, Opaque = true)]
public partial record struct LuPage
{
    public Array4096<byte> Bytes;

    public readonly LuDirPage Dir => WireBytes.View<LuPage, LuDirPage>(in this);

    public readonly LuIdxPage Idx => WireBytes.View<LuPage, LuIdxPage>(in this);
}
