using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Server;

/// <summary>A reply on its way out (<c>struct ptlrpc_reply_state</c>): it outlives the request. Pooled.</summary>
sealed class ReplyState(Service service) : ILNetEventHandler, IFreeListItem<ReplyState>
{
    readonly MemoryDescriptor _md = new();
    PooledBuffer? _memory;
    SavedLocks? _locks;

    public ReplyState? NextFree { get; set; }

    /// <summary>Sends <paramref name="memory"/>'s first bytes; owns the buffer from here on.</summary>
    /// <param name="locks">A difficult reply: an ACK is asked for and the locks are let go when it comes, or cannot
    /// come.</param>
    public void Send(
        PooledBuffer memory, int length, int remoteOffset, ulong matchBits, in ReplyTarget target, SavedLocks? locks)
    {
        _memory = memory;
        _locks = locks;
        _md.SetSingle(memory.Slice(0, length));
        _md.Threshold = locks is null ? 1 : 2;      // SEND, and ACK
        _md.Options = MdOptions.None;
        _md.Movable = memory;
        _md.Handler = this;
        Errno status = service.LNet.Put(
            _md, 0, length, ackWanted: locks is not null, target.Self, target.Peer, (int)service.Options.ReplyPortal,
            matchBits, remoteOffset, headerData: 0);
        if (status != Errno.OK)
            End();
    }

    /// <summary>The transaction is durable, so the client's ACK does not matter any more.</summary>
    public void Unlink() => service.LNet.Unlink(_md);

    public void OnEvent(in LNetEvent e)
    {
        if (e.MovedBuffer is not null)
            _memory = null;         // the receiver's now
        if (e.Unlinked)
            End();
    }

    void End()
    {
        _memory?.Dispose();
        _memory = null;
        _md.Movable = null;
        SavedLocks? locks = _locks;
        _locks = null;
        locks?.Release();
        service.OnReplyEnded(this);
    }
}

/// <summary>Where a reply goes.</summary>
readonly record struct ReplyTarget(Idl.LNet.Nid Self, LNetProcessId Peer);
