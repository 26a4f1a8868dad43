using Lustrous.Idl.LNet;

namespace Lustrous.Mgs;

/// <summary>A target as it registered the first time, and as the clients' log has it.</summary>
/// <param name="Uuid"><c>lustre-OST0000_UUID</c></param>
/// <param name="Nids">Of the node that it registered from.</param>
sealed record RegisteredTarget(string Uuid, IReadOnlyList<Nid> Nids)
{
    public bool IsSame(string uuid, IReadOnlyList<Nid> nids) =>
        Uuid == uuid && Nids.Count == nids.Count && nids.All(Nids.Contains);
}
