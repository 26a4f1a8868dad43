using System.Runtime.CompilerServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Fields that the ABI keeps for later.</summary>
[InlineArray(11)]
public struct FuseReserved11
{
    uint _first;
}
