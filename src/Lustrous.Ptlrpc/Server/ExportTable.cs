using System.Collections.Concurrent;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// The exports of all targets of a node, by cookie (the part of Lustre's handle hash that concerns clients), and the
/// targets that can be connected to, by uuid. Lookups take no lock and allocate nothing.
/// </summary>
/// <remarks>A cookie is 64 random bits: who does not know it cannot guess it. Source:
/// lustre/obdclass/lustre_handles.c.</remarks>
public sealed class ExportTable(NodeContext context)
{
    readonly ConcurrentDictionary<ulong, Export> _exports = new();
    readonly ConcurrentDictionary<string, ServiceTarget> _targets = new(StringComparer.Ordinal);

    /// <summary>The export that a request's handle names; null when there is none (any more).</summary>
    public Export? Find(ulong cookie) =>
        cookie != 0 && _exports.TryGetValue(cookie, out Export? export) ? export : null;

    /// <summary>The target that a connect asks for (class_str2obd).</summary>
    public ServiceTarget? FindTarget(string uuid) => _targets.GetValueOrDefault(uuid);

    /// <summary>Lets clients connect to a target. EEXIST: there is one of that uuid.</summary>
    public Errno Add(ServiceTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return _targets.TryAdd(target.Uuid, target) ? Errno.OK : Errno.EEXIST;
    }

    internal void Remove(ServiceTarget target) => _targets.TryRemove(new(target.Uuid, target));

    /// <summary>Makes an export under a cookie of its own.</summary>
    /// <param name="cookie">The cookie it had in the target's last life, as its disk remembers it; 0 for a new
    /// one.</param>
    internal Export Create(ServiceTarget target, string clientUuid, ulong cookie)
    {
        while (true)
        {
            ulong candidate = cookie != 0 ? cookie : context.Random.NextUInt64();
            cookie = 0;     // taken already: then a new one
            if (candidate == 0)
                continue;
            var export = new Export(target, candidate, clientUuid);
            if (_exports.TryAdd(candidate, export))
                return export;
        }
    }

    internal void Remove(Export export) => _exports.TryRemove(new(export.Cookie, export));
}
