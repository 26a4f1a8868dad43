using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd;

namespace Lustrous.Simulation;

/// <summary>What a probe took from its driver.</summary>
public sealed record ProbedMessage(Nid From, LNetHeader Header, byte[] Payload, Errno Status, TimeSpan At);

/// <summary>
/// Stands where LNet stands above a driver: takes every message whole, and remembers. For tests of drivers.
/// </summary>
public sealed class LndProbe(NodeContext context) : ILndUpcalls, ILNetCompletions
{
    readonly Dictionary<LNetReceive, (Nid From, LNetHeader Header, PooledBuffer? Buffer)> _receiving = [];
    readonly Dictionary<LNetMessage, PooledBuffer> _sending = [];

    /// <summary>What came in, in order.</summary>
    public List<ProbedMessage> Received { get; } = [];

    /// <summary>How each message sent ended, by its match bits, in order of ending.</summary>
    public List<(ulong MatchBits, Errno Status)> Sent { get; } = [];

    /// <summary>News of peers.</summary>
    public List<(Nid Peer, bool Alive)> Peers { get; } = [];

    /// <summary>Bytes of each payload to take; the driver throws the rest away.</summary>
    public int MaxTake { get; init; } = int.MaxValue;

    /// <summary>Messages to refuse with EPROTO.</summary>
    public Predicate<LNetHeader>? Refuse { get; init; }

    public async Task<LNetInterface> StartAsync(Nid nid, ILnd lnd)
    {
        ArgumentNullException.ThrowIfNull(lnd);
        var ni = new LNetInterface(nid, lnd, this);
        Errno status = await lnd.StartupAsync(ni, default);
        Lassert.That(status == Errno.OK);
        return ni;
    }

    /// <summary>Sends a PUT whose payload lies in two fragments and begins inside the first.</summary>
    public void Put(LNetInterface ni, Nid to, int portal, ulong matchBits, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(ni);
        Send(ni, to, payload, new LNetHeader
        {
            Type = LNetMessageType.Put,
            Handle = WireHandle.None,
            Portal = (uint)portal,
            MatchBits = matchBits,
        });
    }

    public void Send(LNetInterface ni, Nid to, ReadOnlySpan<byte> payload, LNetHeader header)
    {
        ArgumentNullException.ThrowIfNull(ni);
        const int Skip = 3;
        header.SourceNid = ni.Nid;
        header.SourcePid = LNetProcessId.LustrePid;
        header.DestinationNid = to;
        header.DestinationPid = LNetProcessId.LustrePid;
        header.PayloadLength = (uint)payload.Length;
        PooledBuffer buffer = context.Buffers.Take(payload.Length + Skip);
        payload.CopyTo(buffer.Span[Skip..]);
        int half = Skip + payload.Length / 2;
        var message = new LNetMessage
        {
            Node = this,
            Header = header,
            NextHop = to,
            Interface = ni,
            PayloadOffset = Skip,
        };
        message.SetPayload([buffer.Slice(0, half), buffer.Slice(half, Skip + payload.Length - half)]);
        _sending.Add(message, buffer);
        ni.Lnd.Send(message);
    }

    public Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        if (Refuse?.Invoke(header) ?? false)
            return Errno.EPROTO;
        int take = (int)Math.Min(header.PayloadLength, (uint)MaxTake);
        PooledBuffer? buffer = take > 0 ? context.Buffers.Take(take) : null;
        receive.SetDestination(buffer is null ? [] : [buffer.Slice(0, take)]);
        receive.DestinationOffset = 0;
        receive.DestinationLength = take;
        receive.Node = this;
        _receiving[receive] = (from, header, buffer);
        return Errno.OK;
    }

    public void NotifyPeer(LNetInterface ni, Nid peer, bool alive) => Peers.Add((peer, alive));

    void ILNetCompletions.OnSendComplete(LNetMessage message, Errno status)
    {
        Lassert.That(_sending.Remove(message, out PooledBuffer? buffer), "a message was completed twice");
        // What the driver still reads after this is wrong, and must be seen to be.
        buffer.Span.Fill(0xdb);
        buffer.Dispose();
        Sent.Add((message.Header.MatchBits, status));
    }

    void ILNetCompletions.OnReceiveComplete(LNetReceive receive, Errno status)
    {
        Lassert.That(_receiving.Remove(receive, out var taken), "a receive was completed twice");
        byte[] payload = taken.Buffer is null ? [] : taken.Buffer.Span[..receive.DestinationLength].ToArray();
        taken.Buffer?.Dispose();
        Received.Add(new ProbedMessage(taken.From, taken.Header, payload, status, context.Uptime));
    }
}
