using Lustrous.Ldlm.Client;

namespace Lustrous.Clients.Mdc;

/// <summary>All extended attributes of an object, and the XATTR lock they came under.</summary>
/// <param name="Items">Names and values.</param>
/// <param name="Lock">Held with one reference, which is the caller's; null without a lock.</param>
public sealed record MdXattrs(IReadOnlyList<(byte[] Name, byte[] Value)> Items, ClientLock? Lock);
