using System.Globalization;

namespace Lustrous.Interop.Tests.Replay;

/// <summary>
/// What befell a recorded server, and so befalls ours. The recordings show it only by what servers no longer knew: each
/// time is between the last message of the one life and the first that the other life answered, or could not.
/// </summary>
/// <param name="Recording">Which.</param>
/// <param name="At">Of 22 November 2026, UTC.</param>
/// <param name="Fate">What.</param>
sealed record ServerEvent(string Recording, string At, ServerFate Fate)
{
    public static IReadOnlyList<ServerEvent> All { get; } =
    [
        new("i-recovery", "17:54:51.7", ServerFate.SyncAndKillMds),
        new("i-recovery", "17:55:15.6", ServerFate.StartMds),
        new("i2-evict", "17:56:24.6", ServerFate.RemountOst0),
        new("i2-evict", "17:56:27.3", ServerFate.EvictFirstClient),
        new("i3-replay", "17:56:36.5", ServerFate.CopyMdsDisk),
        new("i3-replay", "17:56:40.6", ServerFate.KillMds),
        new("i3-replay", "17:57:28.0", ServerFate.StartMds),
    ];

    public long TimeNanoseconds { get; } = (DateTimeOffset.Parse(
        $"2026-11-22T{At}Z", CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks
        * TimeSpan.NanosecondsPerTick;
}
