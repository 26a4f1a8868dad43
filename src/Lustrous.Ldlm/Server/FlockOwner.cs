using Lustrous.Idl.Ldlm;
using Lustrous.Idl.LNet;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

/// <summary>
/// Whom a file lock belongs to, as far as waiting in a circle goes: one process, or one open file, of one node. Mounts
/// of the same node count as one, because a process may lock through several.
/// </summary>
readonly record struct FlockOwner
{
    readonly Nid _node;
    readonly object? _holder;
    readonly ulong _owner;

    FlockOwner(Nid node, object? holder, ulong owner) => (_node, _holder, _owner) = (node, holder, owner);

    public static FlockOwner Of(ServerLock held)
    {
        LdlmFlockWire range = held.Policy.Flock;
        return held.Holder is Export export
            ? new FlockOwner(export.Peer.Nid, null, range.Owner)
            : new FlockOwner(default, held.Holder, range.Owner);
    }
}
