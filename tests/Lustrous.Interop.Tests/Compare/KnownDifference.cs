namespace Lustrous.Interop.Tests.Compare;

/// <summary>Differences that are wanted, or not yet done away with, and why.</summary>
sealed record KnownDifference(
    string Id, string Reason, Pattern Message, Pattern Field, Pattern Kernel, Pattern Ours)
{
    /// <summary>What the message is about is another thing here than there: whatever is asked of it later is different
    /// too.</summary>
    public bool Spreads { get; init; }

    /// <summary>Nothing else in the message says anything then.</summary>
    public bool Stops { get; init; }

    /// <summary>How many differences it explained.</summary>
    public int Count { get; set; }

    /// <summary>Only in this recording; empty for all.</summary>
    public string Recording { get; init; } = "";

    /// <param name="difference">What is to be explained.</param>
    /// <param name="where">Begins with the name of the recording.</param>
    public bool Explains(in Difference difference, string where) =>
        where.StartsWith(Recording, StringComparison.Ordinal) && Message.Matches(difference.Message)
        && Field.Matches(difference.Field)
        && Kernel.Matches(difference.Kernel) && Ours.Matches(difference.Ours);

    public override string ToString() =>
        $"[{Id}] {(Recording.Length > 0 ? Recording + ": " : "")}{Message}\t{Field}\t{Kernel}\t{Ours}";

    /// <summary>Reads <c>[id] reason</c>, each followed by lines of message, field, kernel, ours between tabs; the
    /// message may stand after its recording's name and a colon. A fifth
    /// word, <c>stops</c>, says that besides nothing else in the message says anything; <c>spreads</c>, that the object
    /// also is another one from there on.</summary>
    public static IReadOnlyList<KnownDifference> Read(string path)
    {
        var all = new List<KnownDifference>();
        string id = "", reason = "";
        foreach (string line in File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == '[')
            {
                int end = line.IndexOf(']', StringComparison.Ordinal);
                (id, reason) = (line[1..end], line[(end + 1)..].Trim());
                continue;
            }
            if (line.Split('\t', StringSplitOptions.RemoveEmptyEntries) is not
                [var message, var field, var kernel, var ours, .. var more]
                || more is not ([] or ["stops"] or ["spreads"]))
                throw new InvalidDataException($"{path}: {line}");
            int colon = message.IndexOf(": ", StringComparison.Ordinal);
            string recording = colon < 0 ? "" : message[..colon];
            message = message[(colon < 0 ? 0 : colon + 2)..];
            all.Add(new(id, reason, new Pattern(message), new Pattern(field), new Pattern(kernel), new Pattern(ours))
            {
                Recording = recording,
                Spreads = more is ["spreads"],
                Stops = more.Length > 0,
            });
        }
        return all;
    }
}
