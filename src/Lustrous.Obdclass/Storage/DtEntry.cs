using Lustrous.Idl.Fids;

namespace Lustrous.Obdclass.Storage;

/// <summary>What a name in a directory stands for.</summary>
/// <param name="Fid">The object, here or on another target.</param>
/// <param name="Type">Its type, the <c>S_IFMT</c> bits of a mode (<see cref="DtMode"/>).</param>
public readonly record struct DtEntry(Fid Fid, uint Type);
