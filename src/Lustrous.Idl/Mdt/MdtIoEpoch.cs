using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>The open file that a close ends (<c>struct mdt_ioepoch</c>).</summary>
[WireStruct("mdt_ioepoch", size: 24, Prefix = "mio_")]
public partial record struct MdtIoEpoch
{
    public LustreHandle OpenHandle;
    public ulong Unused1;
    public uint Unused2;
    public uint Padding;
}
