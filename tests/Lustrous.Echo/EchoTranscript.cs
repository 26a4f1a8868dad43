using System.Buffers.Binary;
using System.Globalization;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd;

namespace Lustrous.Echo;

/// <summary>
/// Writes down every message that this node hands to its driver, one line each, so that a capture can be held against
/// what was meant: <c>KIND PORTAL MATCH-BITS LENGTH</c>; of a message of ptlrpc also <c>OPCODE TYPE STATUS HANDLE</c>.
/// </summary>
/// <remarks>
/// It picks its few fields out by offset on purpose: it is a witness against the decoder and shares no code with it.
/// Offsets: struct lustre_msg_v2 and struct ptlrpc_body of lustre_idl.h.
/// </remarks>
public sealed class EchoTranscript(ILnd inner, string path) : ILnd
{
    const uint MessageMagic = 0x0bd00bd3;                                           // LUSTRE_MSG_MAGIC_V2
    const int CountAt = 0, MagicAt = 8, LengthsAt = 32;                             // struct lustre_msg_v2
    const int HandleAt = 0, TypeAt = 8, OpcodeAt = 16, StatusAt = 20, BodyBytes = 24;   // struct ptlrpc_body
    const int MaxBuffers = 32, PrefixBytes = LengthsAt + 4 * MaxBuffers + BodyBytes;

    readonly Lock _lock = new();
    readonly StreamWriter _output = new(path) { NewLine = "\n" };

    public LNetType Type => inner.Type;

    public ValueTask<Errno> StartupAsync(LNetInterface ni, CancellationToken cancel) => inner.StartupAsync(ni, cancel);

    public void Send(LNetMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        string line = Describe(message);
        lock (_lock)
            _output.WriteLine(line);
        inner.Send(message);
    }

    public void ClosePeer(LNetInterface ni, Nid peer) => inner.ClosePeer(ni, peer);

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await _output.DisposeAsync();
    }

    static string Describe(LNetMessage message)
    {
        LNetHeader header = message.Header;
        bool isAimed = header.Type is LNetMessageType.Put or LNetMessageType.Get;
        ulong matchBits = header.Type == LNetMessageType.Reply ? 0 : header.MatchBits;
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{header.Type.ToString().ToUpperInvariant()} {(isAimed ? header.Portal : 0)}"
            + $" {matchBits} {header.PayloadLength}");
        Span<byte> bytes = stackalloc byte[PrefixBytes];
        int length = CopyStart(message, bytes);
        if (header.Type != LNetMessageType.Put || length < LengthsAt + BodyBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[MagicAt..]) != MessageMagic)
            return line;
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[CountAt..]);
        if (count is 0 or > MaxBuffers)
            return line;
        ReadOnlySpan<byte> body = bytes[((LengthsAt + 4 * (int)count + 7) & ~7)..];
        return line + string.Create(CultureInfo.InvariantCulture,
            $" {BinaryPrimitives.ReadUInt32LittleEndian(body[OpcodeAt..])}"
            + $" {BinaryPrimitives.ReadUInt32LittleEndian(body[TypeAt..])}"
            + $" {BinaryPrimitives.ReadInt32LittleEndian(body[StatusAt..])}"
            + $" {BinaryPrimitives.ReadUInt64LittleEndian(body[HandleAt..])}");
    }

    static int CopyStart(LNetMessage message, Span<byte> bytes)
    {
        int copied = 0, skip = message.PayloadOffset, want = Math.Min(message.PayloadLength, bytes.Length);
        foreach (IoVec fragment in message.Payload)
        {
            int now = Math.Min(fragment.Length - skip, want - copied);
            if (now <= 0)
                break;
            fragment.Span.Slice(skip, now).CopyTo(bytes[copied..]);
            copied += now;
            skip = 0;
        }
        return copied;
    }
}
