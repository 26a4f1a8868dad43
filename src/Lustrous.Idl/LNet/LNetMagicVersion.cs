using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>What stands in a HELLO header where other messages have the destination NID
/// (<c>struct lnet_magicversion</c>).</summary>
[WireStruct("lnet_magicversion", size: 8)]
public partial record struct LNetMagicVersion
{
    public uint Magic;
    public ushort VersionMajor;         // differs: cannot talk
    public ushort VersionMinor;
}
