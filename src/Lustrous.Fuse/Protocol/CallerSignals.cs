using System.Globalization;

namespace Lustrous.Fuse.Protocol;

/// <summary>Whether the program that waits for an answer is about to end. The kernel tells of any signal alike, and of
/// the first only.</summary>
static class CallerSignals
{
    /// <summary>SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH: what a program that does not
    /// care for them survives. The bit of a signal is its number less one.</summary>
    const ulong Survived =
        1UL << 16 | 1UL << 17 | 1UL << 18 | 1UL << 19 | 1UL << 20 | 1UL << 21 | 1UL << 22 | 1UL << 27;

    /// <summary>SIGKILL; the kernel turns what ends a program without a core into it.</summary>
    const ulong Kill = 1UL << 8;

    /// <param name="pid">The thread, as the kernel's requests have it; 0 for one of another name space, of which
    /// nothing can be known.</param>
    public static bool EndTheProgram(uint pid)
    {
        if (pid == 0)
            return false;
        try
        {
            return EndTheProgram(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status")));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;              // it is gone, or not for us to see
        }
    }

    /// <param name="status">Lines of /proc/PID/status.</param>
    internal static bool EndTheProgram(IEnumerable<string> status)
    {
        ulong pending = 0, kept = Survived;
        foreach (string line in status)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            ReadOnlySpan<char> name = colon < 0 ? default : line.AsSpan(0, colon);
            bool isPending = name is "SigPnd" or "ShdPnd";
            if (!isPending && name is not ("SigBlk" or "SigIgn" or "SigCgt"))
                continue;
            _ = ulong.TryParse(
                line.AsSpan(colon + 1).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong mask);
            if (isPending)
                pending |= mask;
            else
                kept |= mask;
        }
        return (pending & (~kept | Kill)) != 0;
    }
}
