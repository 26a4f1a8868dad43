using Lustrous.Idl.Fids;

namespace Lustrous.Clients.Lov;

/// <summary>One stripe: an object on an OST.</summary>
/// <param name="ObjectId">As the OST names it.</param>
/// <param name="OstIndex">Which OST.</param>
public readonly record struct LovStripe(OstId ObjectId, uint OstIndex);
