namespace Lustrous.Echo.Tests.Witness;

/// <summary>A kind of message that tshark trips over; <c>-</c> for what it does not show of it.</summary>
readonly record struct MalformedKind(string Lnet, string Portal, string Opcode, string Type)
{
    static readonly string Root = FindRoot();

    /// <summary>Those of the kernel recordings, each with a recording that has one.</summary>
    public static Dictionary<MalformedKind, string> Known { get; } = File
        .ReadLines(Path.Combine(Root, "tests", "fixtures", "witness", "malformed-2.17.tsv")).Skip(1)
        .Select(line => line.Split('\t'))
        .ToDictionary(words => new MalformedKind(words[0], words[1], words[2], words[3]), words => words[4]);

    public static string RecordingPath(string name) =>
        Path.Combine(Root, "..", "shared", "recordings", name + ".pcap.gz");

    public static TheoryData<string> Recordings() => [.. Known.Values.Distinct().Order(StringComparer.Ordinal)];

    public static MalformedKind Of(in WitnessedMessage message) => new(
        message.Kind, $"{message.Portal}", message.Body is { } body ? $"{body.Opcode}" : "-",
        message.Body is { } typed ? $"{typed.Type}" : "-");

    static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Lustrous.slnx");
    }
}
