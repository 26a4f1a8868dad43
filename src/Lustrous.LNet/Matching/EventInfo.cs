using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Matching;

/// <summary>What an event will say, kept from the start of an operation to its end.</summary>
struct EventInfo
{
    public LNetEventKind Kind;
    public LNetProcessId Initiator, Source;
    public Nid Sender, SelfNid;
    public int Portal;
    public ulong MatchBits, HeaderData;
    public int Offset, MatchedLength, RequestedLength;     // bytes
    public PooledBuffer? MovedBuffer;

    public readonly void Deliver(MemoryDescriptor md, ILNetEventHandler? handler, Errno status, bool unlinked) =>
        handler?.OnEvent(new LNetEvent
        {
            Descriptor = md,
            Kind = Kind,
            Status = status,
            Unlinked = unlinked,
            Initiator = Initiator,
            Source = Source,
            Sender = Sender,
            SelfNid = SelfNid,
            Portal = Portal,
            MatchBits = MatchBits,
            HeaderData = HeaderData,
            Offset = Offset,
            MatchedLength = MatchedLength,
            RequestedLength = RequestedLength,
            MovedBuffer = MovedBuffer,
        });
}

/// <summary>
/// An operation that ended while a handler was running for the same descriptor; the runner delivers it next.
/// </summary>
sealed class PendingEvent(in EventInfo info, Errno status)
{
    public readonly EventInfo Info = info;

    public Errno Status { get; } = status;

    public PendingEvent? Next { get; set; }
}
