namespace Lustrous.Ptlrpc.Client;

/// <summary>What the replay list needs to know of a request.</summary>
public interface IReplayable<T> where T : class
{
    /// <summary>Its place in the list, of its own so that keeping it allocates nothing.</summary>
    LinkedListNode<T> ReplayNode { get; }

    ulong Transno { get; }

    ulong Xid { get; }

    /// <summary>Import generation it belongs to; one of an older generation is not worth replaying.</summary>
    int Generation { get; }

    /// <summary>Stays after its commit, until its owner lets go: an open, until it is closed
    /// (<c>rq_replay</c>).</summary>
    bool KeepForReplay { get; }
}
