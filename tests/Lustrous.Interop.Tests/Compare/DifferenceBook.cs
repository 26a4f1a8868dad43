using System.Globalization;

namespace Lustrous.Interop.Tests.Compare;

/// <summary>All differences of a run: those that the list explains, those that follow from them, and the rest.
/// </summary>
sealed class DifferenceBook(IReadOnlyList<VolatileRule> volatiles, IReadOnlyList<KnownDifference> known)
{
    const double TimeToleranceSeconds = 4;

    readonly Dictionary<Difference, (int Count, string First)> _unexplained = [];
    readonly Dictionary<(string, string), VolatileRule?> _ruleOf = [];
    readonly Dictionary<string, int> _followers = [];

    public IReadOnlyList<VolatileRule> Volatiles => volatiles;

    public IReadOnlyList<KnownDifference> Known => known;

    /// <summary>Messages compared.</summary>
    public int Compared { get; set; }

    /// <summary>Exchanges that could be no other than different, by the reason that they follow from.</summary>
    public IReadOnlyDictionary<string, int> Followers => _followers;

    /// <summary>What has no reason, as it came.</summary>
    public List<string> Log { get; } = [];

    public IEnumerable<string> Unexplained => _unexplained
        .OrderBy(pair => pair.Key.Message, StringComparer.Ordinal)
        .ThenBy(pair => pair.Key.Field, StringComparer.Ordinal)
        .Select(pair => string.Create(
            CultureInfo.InvariantCulture, $"{pair.Key}\t# {pair.Value.Count} times, first {pair.Value.First}"));

    public VolatileRule? RuleOf(string message, string field)
    {
        if (!_ruleOf.TryGetValue((message, field), out VolatileRule? rule))
        {
            rule = volatiles.FirstOrDefault(r => r.Message.Matches(message) && r.Field.Matches(field));
            _ruleOf[(message, field)] = rule;
        }
        if (rule is not null)
            rule.WasUsed = true;
        return rule;
    }

    /// <summary>Notes that an exchange is different because of something earlier.</summary>
    public void AddFollower(string reason, string where)
    {
        if (!_followers.ContainsKey(reason))
            Log.Add($"{where}\tfollows from {reason}");
        _followers[reason] = _followers.GetValueOrDefault(reason) + 1;
    }

    /// <summary>Whether with this difference nothing else in the message says anything.</summary>
    public bool Stops(in Difference difference, string where)
    {
        foreach (KnownDifference row in known)
        {
            if (row.Stops && row.Explains(difference, where))
                return true;
        }
        return false;
    }

    /// <summary>Notes a difference.</summary>
    /// <returns>The reason: of the list, or a name for that it has none.</returns>
    public string Add(in Difference difference, string where) => Add(difference, where, out _);

    /// <param name="difference">The difference.</param>
    /// <param name="where">Where in the recordings it is.</param>
    /// <param name="spreads">Whether the object is another one from there on.</param>
    public string Add(in Difference difference, string where, out bool spreads)
    {
        foreach (KnownDifference row in known)
        {
            if (row.Explains(difference, where))
            {
                row.Count++;
                spreads = row.Spreads;
                return row.Id;
            }
        }
        spreads = false;
        Log.Add($"{where}\t{difference}");
        (int count, string first) = _unexplained.GetValueOrDefault(difference, (0, where));
        _unexplained[difference] = (count + 1, first);
        return $"unexplained: {difference.Message} {difference.Field}";
    }

    /// <summary>Whether two values are the same, by the kind of the field.</summary>
    public static bool IsSame(VolatileKind kind, string kernel, string ours) => kind switch
    {
        VolatileKind.Any => true,
        VolatileKind.Zero => IsZero(kernel) == IsZero(ours),
        VolatileKind.Time => TryTime(kernel, out double a) && TryTime(ours, out double b)
            && Math.Abs(a - b) <= TimeToleranceSeconds,
        _ => kernel == ours,
    };

    public static bool IsZero(string value) => value is "0" or "0x0" or "" or "NONE" or Difference.Nothing;

    /// <summary>The differences of two values: of flags, one for each flag.</summary>
    public static IEnumerable<Difference> Split(string message, string field, string kernel, string ours)
    {
        if (!IsFlags(kernel) || !IsFlags(ours))
        {
            yield return new Difference(message, field, kernel, ours);
            yield break;
        }
        string[] theirs = Flags(kernel), own = Flags(ours);
        foreach (string flag in theirs.Except(own))
            yield return new Difference(message, field, flag, Difference.Nothing);
        foreach (string flag in own.Except(theirs))
            yield return new Difference(message, field, Difference.Nothing, flag);
    }

    static string[] Flags(string value) =>
        value is "0" or "NONE" ? [] : value.Split(", ", StringSplitOptions.RemoveEmptyEntries);

    static bool IsFlags(string value) =>
        value is "0" or "NONE" || value.Split(", ").All(flag =>
            flag.Length > 1 && (flag[0] == '_' || char.IsAsciiLetterUpper(flag[0]))
            && flag.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'));

    static bool TryTime(string value, out double seconds)
    {
        bool parsed = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds);
        if (seconds > 1e17)
            seconds /= 1e9;
        return parsed;
    }
}
