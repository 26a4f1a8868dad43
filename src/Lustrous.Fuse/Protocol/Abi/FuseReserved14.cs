using System.Runtime.CompilerServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Fields that the ABI keeps for later.</summary>
[InlineArray(14)]
public struct FuseReserved14
{
    ulong _first;
}
