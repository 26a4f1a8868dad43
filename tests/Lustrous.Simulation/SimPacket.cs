using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation;

/// <summary>One LNet message between two nodes: its header and a copy of its payload.</summary>
sealed class SimPacket
{
    public const int HeaderBytes = LNetHeader.Nid4Size;

    readonly byte[] _header;
    readonly byte[] _payload;
    readonly LNetMessageType _type;

    SimPacket(in LNetHeader header, byte[] payload)
    {
        // As bytes, so that what the receiver sees has been through the form that real wires carry.
        _header = new byte[header.FitsNid4 ? LNetHeader.Nid4Size : LNetHeader.Nid16Size];
        if (header.FitsNid4)
            header.WriteNid4(_header);
        else
            header.WriteNid16(_header);
        _payload = payload;
        _type = header.Type;
        Checksum = Sum();
    }

    public int Bytes => _header.Length + _payload.Length;

    /// <summary>Over header and payload, for the trace: different bytes are a different run.</summary>
    public ulong Checksum { get; }

    public string Kind => _type switch
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

    public static SimPacket Of(LNetHeader header, byte[] payload)
    {
        header.PayloadLength = (uint)payload.Length;
        return new SimPacket(header, payload);
    }

    public static byte[] PayloadOf(LNetMessage message)
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
        return payload;
    }

    public LNetHeader ReadHeader() =>
        _header.Length == LNetHeader.Nid4Size ? LNetHeader.ReadNid4(_header) : LNetHeader.ReadNid16(_header);

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
        foreach (byte b in _header)
            hash = (hash ^ b) * 0x100000001b3;
        foreach (byte b in _payload)
            hash = (hash ^ b) * 0x100000001b3;
        return hash;
    }
}
