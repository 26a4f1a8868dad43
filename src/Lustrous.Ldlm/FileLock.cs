using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm;

/// <summary>Bytes of a file that a process locks, has locked, or gives back (<c>struct file_lock</c>).</summary>
public readonly record struct FileLock
{
    /// <summary>Last byte of a lock to the end of the file, and of flock(2) (<c>OFFSET_MAX</c>).</summary>
    public const ulong EndOfFile = long.MaxValue;

    /// <summary>PR to read, PW to write; NL gives the range back.</summary>
    public required LockMode Mode { get; init; }

    /// <summary>First byte.</summary>
    public ulong Start { get; init; }

    /// <summary>Last byte.</summary>
    public ulong End { get; init; }

    /// <summary>Whose: the same for all that a process may change, of flock(2) for an open file.</summary>
    public ulong Owner { get; init; }

    /// <summary>The process, for whoever asks.</summary>
    public uint Pid { get; init; }

    public bool Overlaps(in FileLock other) => Start <= other.End && End >= other.Start;

    /// <summary>Overlaps it, or one begins where the other ends.</summary>
    public bool Touches(in FileLock other) =>
        (Start <= other.End || Start - 1 == other.End) && (End >= other.Start || End + 1 == other.Start);
}
