namespace Lustrous.Interop.Tests.Compare;

/// <summary>How a field is compared that need not be equal.</summary>
enum VolatileKind
{
    /// <summary>It must be the same: before a rule that would let more fields be different.</summary>
    Equal,
    /// <summary>Not at all.</summary>
    Any,
    /// <summary>Both are zero, or neither is.</summary>
    Zero,
    /// <summary>Both are the same time, within some seconds.</summary>
    Time,
    /// <summary>A cookie or sequence that the server chooses: ours stands for theirs from then on.</summary>
    Word,
    /// <summary>An object of an OST, likewise.</summary>
    Object,
}

/// <summary>A field whose value is the server's own business, why, and what still must hold.</summary>
sealed record VolatileRule(Pattern Message, Pattern Field, VolatileKind Kind, string Reason)
{
    /// <summary>Something was compared by it.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Reads lines of message, field, kind, reason between tabs; <c>#</c> begins a remark.</summary>
    public static IReadOnlyList<VolatileRule> Read(string path) =>
    [
        .. File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#').Select(line =>
            line.Split('\t', StringSplitOptions.RemoveEmptyEntries) is [var message, var field, var kind, var reason]
                ? new VolatileRule(
                    new Pattern(message), new Pattern(field), Enum.Parse<VolatileKind>(kind, ignoreCase: true), reason)
                : throw new InvalidDataException($"{path}: {line}")),
    ];
}
