namespace Lustrous.Llite;

/// <summary>What a program does with a range of a file.</summary>
public enum FileLockType
{
    /// <summary>Nobody may write meanwhile (F_RDLCK, LOCK_SH).</summary>
    Read,

    /// <summary>Nobody else may have it at all (F_WRLCK, LOCK_EX).</summary>
    Write,

    /// <summary>Gives it back (F_UNLCK, LOCK_UN).</summary>
    Unlock,
}

/// <summary>Bytes of a file that are locked, or to be (<c>struct flock</c>).</summary>
/// <param name="Type">How.</param>
/// <param name="Start">First byte.</param>
/// <param name="End">Last byte; <see cref="long.MaxValue"/> to the end of the file, and for flock(2).</param>
/// <param name="Owner">Whose: the same for all that a process may change; of flock(2) for an open file.</param>
/// <param name="Pid">The process, for whoever asks.</param>
public readonly record struct LliteFileLock(FileLockType Type, ulong Start, ulong End, ulong Owner, uint Pid);
