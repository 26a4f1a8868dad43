namespace Lustrous.Clients.Tests.Osc;

/// <summary>What a test changes of the clients.</summary>
sealed record ClientOptions
{
    public long MaxDirtyBytes { get; init; } = 64L << 20;

    public long CacheBytes { get; init; } = 1L << 30;

    public int MaxRpcBytes { get; init; } = 4 << 20;

    public int MaxRpcsInFlight { get; init; } = 8;

    public TimeSpan WriteBackAge { get; init; } = TimeSpan.FromSeconds(5);
}
