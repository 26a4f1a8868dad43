using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Lustrous.Libcfs;

/// <summary>A broken invariant of ours: the target or node it happened in stops loudly (Lustre's LBUG).</summary>
/// <remarks>Never the answer to input from a peer, a disk or a user: those are refused with an
/// <see cref="Errno"/>.</remarks>
public sealed class LbugException(string message) : Exception(message);

/// <summary>Lustre's LASSERT and LBUG.</summary>
public static class Lassert
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void That(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        if (!condition)
            Lbug(what, file, line);
    }

    /// <summary>The same, with values in what it says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void That(
        [DoesNotReturnIf(false)] bool condition,
        [InterpolatedStringHandlerArgument(nameof(condition))] ref LassertMessage what,
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        if (!condition)
            Lbug(what.Take(), file, line);
    }

    [DoesNotReturn]
    public static void Lbug(string what, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        throw new LbugException($"LBUG: {what} ({Path.GetFileName(file)}:{line})");
}
