using Lustrous.Idl.Llog;

namespace Lustrous.Obdclass.Llog;

/// <summary>One record of a log, on loan from the chunk that was read.</summary>
public readonly ref struct LlogRecord
{
    public required uint Index { get; init; }

    public required LlogRecordType Type { get; init; }

    public required uint Id { get; init; }

    /// <summary>What lies between the record's header and its tail.</summary>
    public required ReadOnlySpan<byte> Body { get; init; }
}
