using System.Globalization;
using Lustrous.Interop.Tests.Replay;

namespace Lustrous.Interop.Tests.Compare;

/// <summary>One message of ours against one of theirs, value by value.</summary>
/// <param name="book">Where differences go.</param>
/// <param name="rewriter">Learns what our servers chose.</param>
/// <param name="message">What it is called.</param>
/// <param name="where">Where in the recording it is.</param>
/// <param name="recorded">Theirs as it was.</param>
/// <param name="theirs">Theirs, rewritten.</param>
/// <param name="ours">Ours.</param>
sealed class FieldComparison(
    DifferenceBook book, Rewriter rewriter, string message, string where,
    List<Field> recorded, List<Field> theirs, List<Field> ours)
{
    readonly Dictionary<string, string> _theirs = Table(theirs), _ours = Table(ours), _recorded = Table(recorded);

    readonly HashSet<string> _compared = [];

    /// <summary>Why there is no lock where the kernel gave one; null where there is no such difference.</summary>
    public string? LostLockReason { get; private set; }

    /// <summary>Why the object is another one from there on; null where it is not.</summary>
    public string? SpreadingReason { get; private set; }

    /// <summary>The recorded value, as it was.</summary>
    public string Recorded(string path) => Value(_recorded, path);

    public bool IsSame(string path) => Value(_theirs, path) == Value(_ours, path);

    /// <summary>Neither side refused: what is there are bytes, or kinds of success.</summary>
    public bool IsSuccess(string path) =>
        Value(_theirs, path)[0] != '-' && Value(_ours, path)[0] != '-' && Value(_theirs, path).Length < 10
        && Value(_ours, path).Length < 10;

    /// <summary>Compares all.</summary>
    public void Run()
    {
        HashSet<string> absent = [];        // buffers that one side has and the other has not
        foreach (string path in _theirs.Keys.Union(_ours.Keys).ToList())
        {
            if (!path.EndsWith(".length", StringComparison.Ordinal))
                continue;
            if (DifferenceBook.IsZero(Value(_theirs, path)) != DifferenceBook.IsZero(Value(_ours, path)))
                absent.Add(path[..^".length".Length]);
        }
        foreach (string path in _theirs.Keys.Union(_ours.Keys).ToList())
        {
            if (absent.Any(buffer => IsIn(path, buffer)) && !path.EndsWith(".length", StringComparison.Ordinal))
                continue;
            AddDifference(path);
        }
    }

    /// <summary>Whether something is so different that nothing else says anything; then only that is noted.</summary>
    public bool Stops()
    {
        foreach (string path in _theirs.Keys.Union(_ours.Keys).ToList())
        {
            string kernel = Value(_theirs, path), own = Value(_ours, path);
            if (kernel == own)
                continue;
            foreach (Difference difference in DifferenceBook.Split(message, path, kernel, own))
            {
                if (!book.Stops(difference, where))
                    continue;
                string reason = book.Add(difference, where, out bool spreads);
                SpreadingReason = spreads ? reason : null;
                LearnOrLose(reason);
                return true;
            }
        }
        return false;
    }

    /// <summary>Compares one value.</summary>
    /// <returns>Why it differs; null where it does not.</returns>
    public string? AddDifference(string path)
    {
        if (!_compared.Add(path))
            return null;
        string kernel = Value(_theirs, path), own = Value(_ours, path);
        VolatileRule? rule = book.RuleOf(message, path);
        if (rule?.Kind is VolatileKind.Word or VolatileKind.Object)
        {
            if (Learn(path, rule.Kind))
                return null;
            string? lost = null;
            if (DifferenceBook.IsZero(kernel) != DifferenceBook.IsZero(own))
            {
                (kernel, own) = DifferenceBook.IsZero(own)
                    ? ("given", Difference.Nothing)
                    : (Difference.Nothing, "given");
                lost = book.Add(new Difference(message, path, kernel, own), where);
                Lose(path, lost);
                if (path.StartsWith("dlm_rep", StringComparison.Ordinal))
                    LostLockReason = lost;
            }
            return lost;
        }
        if (kernel == own || rule is not null && DifferenceBook.IsSame(rule.Kind, kernel, own))
            return null;
        string? reason = null;
        foreach (Difference difference in DifferenceBook.Split(message, path, kernel, own))
        {
            reason = book.Add(difference, where, out bool spreads);
            if (spreads)
                SpreadingReason ??= reason;
        }
        return reason;
    }

    /// <summary>Learns of what both gave, without comparing; what only they gave is lost.</summary>
    public void LearnOrLose(string reason)
    {
        foreach (string path in _recorded.Keys.ToList())
        {
            VolatileRule? rule = book.RuleOf(message, path);
            if (rule?.Kind is VolatileKind.Word or VolatileKind.Object && !Learn(path, rule.Kind))
                Lose(path, reason);
        }
    }

    public static bool TryPair(string text, out (ulong Sequence, ulong Id) pair)
    {
        string[] parts = text.Trim('[', ']').Split(':');
        pair = default;
        if (parts.Length < 2 || !TryNumber(parts[0], out ulong sequence) || !TryNumber(parts[1], out ulong id))
            return false;
        pair = (sequence, id);
        return sequence != 0;
    }

    bool Learn(string path, VolatileKind kind)
    {
        string kernel = Value(_recorded, path), own = Value(_ours, path);
        if (kind == VolatileKind.Object)
        {
            if (!TryPair(kernel, out var theirObject) || !TryPair(own, out var ourObject))
                return false;
            rewriter.LearnObject(theirObject, ourObject);
            return true;
        }
        if (!TryNumber(kernel, out ulong word) || !TryNumber(own, out ulong ourWord))
            return false;
        if (word == 0 && ourWord == 0)
            return true;
        if (word == 0 || ourWord == 0)
            return false;
        rewriter.LearnWord(word, ourWord);
        return true;
    }

    void Lose(string path, string reason)
    {
        string kernel = Value(_recorded, path);
        if (TryNumber(kernel, out ulong word) && word != 0)
            rewriter.Lose(word, reason);
        else if (TryPair(kernel, out var pair))
            rewriter.Lose(pair.Sequence, pair.Id, reason);
    }

    static bool IsIn(string path, string buffer) =>
        path.StartsWith(buffer, StringComparison.Ordinal)
        && (path.Length == buffer.Length || path[buffer.Length] is '.' or '[');

    static string Value(Dictionary<string, string> table, string path) =>
        table.GetValueOrDefault(path, Difference.Nothing);

    public static bool TryNumber(string text, out ulong number) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : ulong.TryParse(text, CultureInfo.InvariantCulture, out number);

    static Dictionary<string, string> Table(List<Field> fields)
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Field field in fields)
            table[field.Path] = field.Value;
        return table;
    }
}
