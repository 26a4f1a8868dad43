using Lustrous.Idl.LNet;

namespace Lustrous.LNet;

/// <summary>What happened to a descriptor (<c>enum lnet_event_kind</c>).</summary>
public enum LNetEventKind
{
    /// <summary>A GET was served from it.</summary>
    Get = 1,
    /// <summary>A PUT was taken into it.</summary>
    Put,
    /// <summary>The answer to our GET has arrived.</summary>
    Reply,
    /// <summary>The target took our PUT.</summary>
    Ack,
    /// <summary>Our PUT or GET has left, or failed to.</summary>
    Send,
    /// <summary>It was unlinked by hand while idle.</summary>
    Unlink,
}

/// <summary>One event (<c>struct lnet_event</c>).</summary>
public readonly ref struct LNetEvent
{
    public required MemoryDescriptor Descriptor { get; init; }
    public required LNetEventKind Kind { get; init; }

    /// <summary><c>OK</c>, or why the operation failed (ETIMEDOUT, EHOSTUNREACH, ECANCELED, EIO …).</summary>
    public Errno Status { get; init; }

    /// <summary>No further event follows for this descriptor; its memory is the owner's again.</summary>
    public bool Unlinked { get; init; }

    /// <summary>The peer that sent the message that caused the event, under its primary NID.</summary>
    public LNetProcessId Initiator { get; init; }

    /// <summary>The same under the NID that the message itself names.</summary>
    public LNetProcessId Source { get; init; }

    /// <summary>The last hop it came from.</summary>
    public Nid Sender { get; init; }

    /// <summary>Our address that it was sent to; of a SEND event, the one it left from.</summary>
    public Nid SelfNid { get; init; }

    public int Portal { get; init; }
    public ulong MatchBits { get; init; }
    public ulong HeaderData { get; init; }

    /// <summary>Where in the descriptor the bytes are.</summary>
    public int Offset { get; init; }

    /// <summary>Bytes taken or given.</summary>
    public int MatchedLength { get; init; }

    /// <summary>Bytes the peer sent or asked for.</summary>
    public int RequestedLength { get; init; }

    /// <summary>
    /// See <see cref="MdOptions.AcceptMove"/>: the receiver now owns it and the message starts at its first byte.
    /// </summary>
    public PooledBuffer? MovedBuffer { get; init; }
}
