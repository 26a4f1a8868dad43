using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation;

/// <summary>One LNet message between two nodes: its header and a copy of its payload.</summary>
sealed class SimPacket
{
    public const int HeaderBytes = 72;

    readonly LNetHeader _header;
    readonly byte[] _payload;

    SimPacket(LNetHeader header, byte[] payload)
    {
        _header = header;
        _payload = payload;
        Checksum = Sum();
    }

    public int Bytes => HeaderBytes + _payload.Length;

    /// <summary>Over header and payload, for the trace: different bytes are a different run.</summary>
    public ulong Checksum { get; }

    public string Kind => _header.Type switch
    {
        LNetMessageType.Ack => "ACK",
        LNetMessageType.Put => "PUT",
        LNetMessageType.Get => "GET",
        LNetMessageType.Reply => "REPLY",
        _ => "?",
    };

    public TimeSpan Arrival { get; set; }

    /// <summary>LNet has seen the header and waits for the end of the payload.</summary>
    public bool IsParsed { get; set; }

    public static SimPacket Copy(LNetMessage message)
    {
        var payload = new byte[message.PayloadLength];
        Span<byte> rest = payload;
        int skip = message.PayloadOffset;
        foreach (IoVec fragment in message.Payload)
        {
            int length = Math.Min(fragment.Length - skip, rest.Length);
            fragment.Span.Slice(skip, length).CopyTo(rest);
            rest = rest[length..];
            skip = 0;
        }
        Lassert.That(rest.IsEmpty, "a message's fragments are shorter than its payload");
        return new SimPacket(message.Header, payload);
    }

    public Errno ReadHeader(out LNetHeader header)
    {
        header = _header;
        return Errno.OK;
    }

    /// <summary>Puts the payload where LNet wants it.</summary>
    public void CopyTo(LNetReceive receive)
    {
        Lassert.That(receive.DestinationLength <= _payload.Length, "LNet wants more than the payload has");
        ReadOnlySpan<byte> rest = _payload.AsSpan(0, receive.DestinationLength);
        int skip = receive.DestinationOffset;
        foreach (IoVec fragment in receive.Destination)
        {
            int length = Math.Min(fragment.Length - skip, rest.Length);
            rest[..length].CopyTo(fragment.Span.Slice(skip, length));
            rest = rest[length..];
            skip = 0;
        }
        Lassert.That(rest.IsEmpty, "the destination is shorter than its length");
    }

    ulong Sum()
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (byte b in _payload)
            hash = (hash ^ b) * 0x100000001b3;
        hash = (hash ^ _header.MatchBits) * 0x100000001b3;
        return (hash ^ _header.Portal) * 0x100000001b3;
    }
}
