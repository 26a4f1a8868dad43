namespace Lustrous.Obdclass.Parameters;

/// <summary>Shell patterns within one component: <c>*</c>, <c>?</c>, <c>[a-c]</c>, <c>[!a]</c>. Linear in text times
/// stars.</summary>
static class Glob
{
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0, t = 0, star = -1, resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = t;
            }
            else if (p < pattern.Length && MatchOne(pattern[p..], text[t], out int consumed))
            {
                p += consumed;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++resume;
            }
            else
            {
                return false;
            }
        }
        return pattern[p..].TrimStart('*').IsEmpty;
    }

    static bool MatchOne(ReadOnlySpan<char> pattern, char c, out int consumed)
    {
        consumed = 1;
        int close = pattern[0] == '[' ? pattern[1..].IndexOf(']') : -1;
        if (close < 1)
            return pattern[0] == '?' || pattern[0] == c;

        consumed = close + 2;
        ReadOnlySpan<char> set = pattern.Slice(1, close);
        bool negated = set[0] is '!' or '^';
        if (negated)
            set = set[1..];
        return InSet(set, c) != negated;
    }

    static bool InSet(ReadOnlySpan<char> set, char c)
    {
        for (int i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                if (c >= set[i] && c <= set[i + 2])
                    return true;
                i += 2;
            }
            else if (set[i] == c)
            {
                return true;
            }
        }
        return false;
    }
}
