using Lustrous.Idl.LNet;

namespace Lustrous.Mgs.Logs;

/// <summary>A target as logs speak of it.</summary>
/// <param name="Name"><c>lustre-OST0000</c></param>
/// <param name="Uuid"><c>lustre-OST0000_UUID</c></param>
/// <param name="Index">Among the targets of its kind.</param>
/// <param name="Nids">Of the node it registered from; at least one.</param>
/// <param name="FailoverNodes">The NIDs of each node that may take it over.</param>
sealed record ConfigTarget(
    string Name, string Uuid, uint Index, IReadOnlyList<Nid> Nids, IReadOnlyList<IReadOnlyList<Nid>> FailoverNodes);
