namespace Lustrous.Osd.Tests.Conformance;

/// <summary>The device that a test wants.</summary>
public sealed record DtTestOptions
{
    public long CapacityBytes { get; init; } = 64 << 20;

    public long MaxObjects { get; init; } = 10000;

    public TimeSpan CommitDelay { get; init; }
}
