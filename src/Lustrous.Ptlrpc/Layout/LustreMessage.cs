using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Layout;

/// <summary>
/// A message in memory (<c>struct lustre_msg_v2</c>): a header, the lengths of its buffers, then the buffers, each at a
/// multiple of 8 bytes. A view: it owns nothing, and the memory must outlive it.
/// </summary>
/// <remarks>Source: lustre/ptlrpc/pack_generic.c.</remarks>
public readonly ref struct LustreMessage
{
    /// <summary>Most buffers of a message (<c>PTLRPC_MAX_BUFCOUNT</c>: one bit each in a 32-bit mask).</summary>
    public const int MaxBufferCount = 32;

    /// <summary>Longest message, without bulk (<c>PTLRPC_MAX_BUFLEN</c>, which is <c>OUT_MAXREQSIZE</c>).</summary>
    public const int MaxLength = 1000 << 10;

    const int BodySize = 184;       // struct ptlrpc_body_v3
    const int CountOffset = 0, FlavorOffset = 4, MagicOffset = 8, ReplySizeOffset = 12, ChecksumOffset = 16;
    const int FlagsOffset = 20, OpcodeOffset = 24, PaddingOffset = 28, LengthsOffset = 32;

    readonly Span<byte> _bytes;

    LustreMessage(Span<byte> bytes, bool swabbed)
    {
        _bytes = bytes;
        IsSwabbed = swabbed;
    }

    /// <summary>
    /// Bytes that a message with nothing but the ptlrpc_body takes (<c>lustre_msg_early_size</c>). With
    /// MSGHDR_AT_SUPPORT in the request, the real reply starts this far into the client's buffer, and what lies before
    /// is for early replies.
    /// </summary>
    public static int EarlySize { get; } = Size([BodySize]);

    /// <summary>
    /// Whether the sender has the other byte order. The header has been reversed in place, the buffers have not.
    /// </summary>
    public bool IsSwabbed { get; }

    public int BufferCount => (int)Read(CountOffset);

    /// <summary>
    /// Security flavour of the wire, which is null (0) here; the topmost byte says which part of Lustre the sender is
    /// (<c>enum lustre_sec_part</c>; sec_null.c).
    /// </summary>
    public uint SecurityFlavor
    {
        get => Read(FlavorOffset);
        set => Write(FlavorOffset, value);
    }

    /// <summary>Request: bytes the sender has ready for the reply.</summary>
    public uint ReplySize
    {
        get => Read(ReplySizeOffset);
        set => Write(ReplySizeOffset, value);
    }

    /// <summary>Early reply: CRC32 of its ptlrpc_body.</summary>
    public uint Checksum
    {
        get => Read(ChecksumOffset);
        set => Write(ChecksumOffset, value);
    }

    public LustreMsgHeaderFlags Flags
    {
        get => (LustreMsgHeaderFlags)Read(FlagsOffset);
        set => Write(FlagsOffset, (uint)value);
    }

    /// <summary>Opcode of a sub-request of a batch, which has no ptlrpc_body; 0 in a message of its own.</summary>
    public uint SubOpcode
    {
        get => Read(OpcodeOffset);
        set => Write(OpcodeOffset, value);
    }

    /// <summary>
    /// Sub-reply of a batch: what became of the sub-request (<c>lm_result</c>, which is <c>lm_opc</c> under another
    /// name), 0 or a negative errno.
    /// </summary>
    public int SubResult
    {
        get => (int)Read(OpcodeOffset);
        set => Write(OpcodeOffset, (uint)value);
    }

    /// <summary>Unused; what a peer put there (<c>lm_padding_3</c>).</summary>
    public uint Padding
    {
        get => Read(PaddingOffset);
        set => Write(PaddingOffset, value);
    }

    /// <summary>Bytes of header and buffers together, as sent.</summary>
    public int Length => BufferOffset(BufferCount);

    /// <summary>The message's bytes, as sent.</summary>
    public Span<byte> Bytes => _bytes[..Length];

    /// <summary>The memory behind it, which may be longer.</summary>
    public Span<byte> Memory => _bytes;

    /// <summary>Bytes of header and length table for a number of buffers.</summary>
    public static int HeaderSize(int bufferCount) => RoundUp(LengthsOffset + 4 * bufferCount);

    /// <summary>Bytes of a message whose buffers have these lengths (<c>lustre_msg_size</c>).</summary>
    public static int Size(scoped ReadOnlySpan<int> lengths)
    {
        int size = HeaderSize(lengths.Length);
        foreach (int length in lengths)
            size += RoundUp(length);
        return size;
    }

    /// <summary>
    /// Looks at what a peer sent and refuses what is no message: EPROTO for a wrong magic, a number or a length of
    /// buffers that is out of bounds or goes beyond <paramref name="bytes"/>, or a security flavour other than null.
    /// </summary>
    /// <remarks>Bytes after the last buffer are tolerated, as the kernel does.</remarks>
    public static Errno Parse(Span<byte> bytes, out LustreMessage message)
    {
        message = default;
        if (bytes.Length < LengthsOffset)
            return Errno.EPROTO;
        var magic = (LustreMsgMagic)MemoryMarshal.Read<uint>(bytes[MagicOffset..]);
        bool swabbed = magic == LustreMsgMagic.V2_SWABBED;
        if (magic != LustreMsgMagic.V2 && !swabbed)
            return Errno.EPROTO;

        uint count = MemoryMarshal.Read<uint>(bytes[CountOffset..]);
        if (swabbed)
            count = BinaryPrimitives.ReverseEndianness(count);
        if (count is 0 or > MaxBufferCount || bytes.Length < HeaderSize((int)count))
            return Errno.EPROTO;
        Span<uint> header = MemoryMarshal.Cast<byte, uint>(bytes[..HeaderSize((int)count)]);
        if (!LengthsFit(header.Slice(LengthsOffset / 4, (int)count), swabbed, bytes.Length)
            || !IsNullFlavor(header[FlavorOffset / 4], swabbed))
            return Errno.EPROTO;

        if (swabbed)
            BinaryPrimitives.ReverseEndianness(header[..(LengthsOffset / 4 + (int)count)], header);
        message = new(bytes, swabbed);
        return Errno.OK;
    }

    /// <summary>
    /// Lays a message out in memory of at least <see cref="Size"/> bytes: header and lengths are set, everything else
    /// is zero.
    /// </summary>
    public static LustreMessage Format(Span<byte> memory, scoped ReadOnlySpan<int> lengths)
    {
        Lassert.That(lengths.Length is > 0 and <= MaxBufferCount);
        memory[..Size(lengths)].Clear();
        var message = new LustreMessage(memory, swabbed: false);
        message.Write(CountOffset, (uint)lengths.Length);
        message.Write(MagicOffset, (uint)LustreMsgMagic.V2);
        for (int i = 0; i < lengths.Length; i++)
            message.Write(LengthsOffset + 4 * i, (uint)lengths[i]);
        return message;
    }

    /// <summary>Memory that <see cref="Format"/> or <see cref="Parse"/> has been over before.</summary>
    internal static LustreMessage Trusted(Span<byte> bytes, bool swabbed) => new(bytes, swabbed);

    /// <summary>Length of a buffer; 0 where the sender has left it out.</summary>
    public int BufferLength(int index) =>
        (uint)index < (uint)BufferCount ? (int)Read(LengthsOffset + 4 * index) : 0;

    /// <summary>The bytes of a buffer; empty where the sender has left it out.</summary>
    public Span<byte> Buffer(int index) =>
        (uint)index < (uint)BufferCount ? _bytes.Slice(BufferOffset(index), BufferLength(index)) : default;

    /// <summary>
    /// Makes a buffer smaller and moves the later ones up; returns the message's new length (<c>lustre_shrink_msg</c>).
    /// The number of buffers stays.
    /// </summary>
    public int Shrink(int index, int newLength)
    {
        Lassert.That((uint)newLength <= (uint)BufferLength(index));
        return Resize(index, newLength);
    }

    /// <summary>
    /// Makes a buffer larger and moves the later ones down; the new bytes are zero (<c>lustre_grow_msg</c>). The memory
    /// must have room.
    /// </summary>
    public int Grow(int index, int newLength)
    {
        int oldLength = BufferLength(index);
        Lassert.That(index < BufferCount && newLength >= oldLength);
        int newSize = Resize(index, newLength);
        Buffer(index)[oldLength..].Clear();
        return newSize;
    }

    int Resize(int index, int newLength)
    {
        int oldSize = Length;
        int oldTail = BufferOffset(index + 1);
        Write(LengthsOffset + 4 * index, (uint)newLength);
        int newTail = BufferOffset(index + 1);
        if (newTail != oldTail)
            _bytes[oldTail..oldSize].CopyTo(_bytes[newTail..]);
        int newSize = newTail + (oldSize - oldTail);
        // What stood in the padding, or after the end, must not reach the peer.
        int end = BufferOffset(index) + newLength;
        _bytes[end..newTail].Clear();
        if (newSize < oldSize)
            _bytes[newSize..oldSize].Clear();
        return newSize;
    }

    int BufferOffset(int index)
    {
        int offset = HeaderSize(BufferCount);
        for (int i = 0; i < index; i++)
            offset += RoundUp((int)Read(LengthsOffset + 4 * i));
        return offset;
    }

    static bool LengthsFit(ReadOnlySpan<uint> lengths, bool swabbed, int available)
    {
        int total = HeaderSize(lengths.Length);
        foreach (uint raw in lengths)
        {
            uint length = swabbed ? BinaryPrimitives.ReverseEndianness(raw) : raw;
            if (length > MaxLength)
                return false;
            total += RoundUp((int)length);     // 32 buffers of 1000 KiB do not overflow
        }
        return total <= MaxLength && total <= available;
    }

    static bool IsNullFlavor(uint raw, bool swabbed)
    {
        const uint FlavorMask = 0x000FFFFF;         // WIRE_FLVR
        return ((swabbed ? BinaryPrimitives.ReverseEndianness(raw) : raw) & FlavorMask) == 0;
    }

    static int RoundUp(int length) => (length + 7) & ~7;

    uint Read(int offset) => MemoryMarshal.Read<uint>(_bytes[offset..]);

    void Write(int offset, uint value) => MemoryMarshal.Write(_bytes[offset..], value);
}
