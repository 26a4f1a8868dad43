using Lustrous.Idl.LNet;

namespace Lustrous.LNet;

/// <summary>One interface that a pinged node told of.</summary>
public readonly record struct LNetPingEntry(Nid Nid, bool Up);

/// <summary>What a pinged node told of itself.</summary>
/// <param name="Features">What it can do.</param>
/// <param name="Pid">Its pid.</param>
/// <param name="Sequence">Grows whenever its list changes.</param>
/// <param name="Entries">Its interfaces, the primary NID first; 0@lo is left out.</param>
/// <param name="RoundTrip">Time from the GET to the REPLY.</param>
public sealed record LNetPingReply(
    PingFeatures Features, uint Pid, uint Sequence, IReadOnlyList<LNetPingEntry> Entries, TimeSpan RoundTrip);
