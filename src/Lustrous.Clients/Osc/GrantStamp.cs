namespace Lustrous.Clients.Osc;

/// <summary>Which agreement on grants something was said under.</summary>
/// <param name="Connection">Counts connections; each begins with the OST's figure.</param>
/// <param name="Life">Counts evictions: after one the OST knows nothing of what was sent before.</param>
readonly record struct GrantStamp(int Connection, int Life);
