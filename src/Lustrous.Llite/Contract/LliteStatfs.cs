using Lustrous.Idl.Mdt;

namespace Lustrous.Llite;

/// <summary>Room in the file system or on one target, as statfs(2) and <c>lfs df</c> show it.</summary>
public record struct LliteStatfs
{
    public ulong Blocks;            // of BlockSize
    public ulong BlocksFree;
    public ulong BlocksAvailable;
    public ulong Files;
    public ulong FilesFree;
    public uint BlockSize;          // bytes
    public uint NameLength;         // bytes of the longest name
    public ulong Fsid;
}

/// <summary>One line of <c>lfs df</c>.</summary>
/// <param name="Uuid">Of the target: <c>lustre-OST0000_UUID</c>.</param>
/// <param name="Index">Its number.</param>
/// <param name="IsMdt">An MDT, or an OST.</param>
/// <param name="Error">OK, or why there is nothing to tell: EAGAIN for an inactive target.</param>
/// <param name="Room">What it has.</param>
/// <param name="State">Degraded, read-only, …</param>
public sealed record TargetStatfs(
    string Uuid, int Index, bool IsMdt, Errno Error, LliteStatfs Room, StatfsState State);

/// <summary>A target of the file system, as <c>lfs osts</c> and <c>lfs mdts</c> list it.</summary>
public sealed record LliteTarget(int Index, string Uuid, bool IsActive);
