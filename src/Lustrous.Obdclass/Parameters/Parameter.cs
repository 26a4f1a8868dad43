namespace Lustrous.Obdclass.Parameters;

/// <summary>One tunable or statistic: what <c>lctl get_param</c> shows and <c>set_param</c> changes.</summary>
/// <param name="Read">The text without its name; null when it can only be written.</param>
/// <param name="Write">Takes the text after <c>=</c>; null when it can only be read. EINVAL, ERANGE for a bad
/// value.</param>
public sealed record Parameter(Func<string>? Read, Func<string, Errno>? Write = null)
{
    public static Parameter ReadOnly(Func<string> read) => new(read);

    /// <summary>A whole number between two bounds.</summary>
    public static Parameter Number(Func<long> get, Action<long> set, long lowest, long highest) => new(
        () => get().ToString(),
        text =>
        {
            if (!long.TryParse(text.AsSpan().Trim(), out long value))
                return Errno.EINVAL;
            if (value < lowest || value > highest)
                return Errno.ERANGE;
            set(value);
            return Errno.OK;
        });

    /// <summary>A switch: 0 or 1.</summary>
    public static Parameter Flag(Func<bool> get, Action<bool> set) =>
        Number(() => get() ? 1 : 0, value => set(value != 0), 0, 1);
}
