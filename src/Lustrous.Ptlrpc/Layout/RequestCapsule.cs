using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lustrous.Ptlrpc.Layout;

/// <summary>
/// A request and its reply as fields of a format (<c>struct req_capsule</c>). Sizes are set, then a message is packed
/// into memory that the caller owns; a received message is attached, and its fields are checked when they are read.
/// Used again for the next exchange after <see cref="Reset"/>, so that it costs no allocation.
/// </summary>
/// <remarks>
/// A message of the other byte order is reversed in place, field by field, when a field is first read. Source:
/// lustre/ptlrpc/layout.c.
/// </remarks>
public sealed partial class RequestCapsule
{
    const int Unset = -1;

    readonly Side[] _sides = [new(), new()];

    /// <summary>What the exchange is; null until <see cref="SetFormat"/>.</summary>
    public RequestFormat? Format { get; private set; }

    /// <summary>The packed or attached request; only when there is one.</summary>
    public LustreMessage Request => Message(MessageSide.Request);

    /// <summary>The packed or attached reply; only when there is one.</summary>
    public LustreMessage Reply => Message(MessageSide.Reply);

    /// <summary>Forgets format, sizes and messages; the memory stays the caller's.</summary>
    public void Reset()
    {
        Format = null;
        foreach (Side side in _sides)
            side.Reset();
    }

    /// <summary>Forgets the messages of one side: a reply that is awaited again, or packed again.</summary>
    public void Detach(MessageSide side) => _sides[(int)side].Detach();

    /// <summary>Says what the exchange is; once only, then <see cref="Extend"/>.</summary>
    public void SetFormat(RequestFormat format)
    {
        Lassert.That(Format is null || ReferenceEquals(Format, format));
        Format = format;
    }

    /// <summary>
    /// Goes over to a format that continues the present one: an enqueue turns out to carry an intent, a SET_INFO's key
    /// says what its value is.
    /// </summary>
    public void Extend(RequestFormat format)
    {
        Lassert.That(Format is not null && Format.ExtendsTo(format));
        Format = format;
    }

    /// <summary>Whether the format has the field.</summary>
    public bool HasField(MessageField field, MessageSide side) => Format!.IndexOf(field, side) >= 0;

    /// <summary>
    /// Whether the message itself has the field's buffer; peers of other versions leave out trailing ones.
    /// </summary>
    public bool FieldPresent(MessageField field, MessageSide side)
    {
        Side own = _sides[(int)side];
        int index = Format!.IndexOf(field, side);
        return own.HasMessage && index >= 0 && index < own.Message.BufferCount;
    }

    public bool HasMessage(MessageSide side) => _sides[(int)side].HasMessage;

    /// <summary>Sets the bytes that a field of a message to be packed takes, or that a reply may bring.</summary>
    public void SetSize(MessageField field, MessageSide side, int sizeBytes)
    {
        bool any = sizeBytes == field.Size || sizeBytes == 0 || field.Size == -1
            || (field.Flags & RmfFlags.NoSizeCheck) != 0;
        Lassert.That(sizeBytes >= 0);
        Lassert.That(any || ((field.Flags & RmfFlags.StructArray) != 0
            ? sizeBytes % field.Size == 0
            : (field.Flags & RmfFlags.String) != 0 || sizeBytes >= field.Size));
        _sides[(int)side].Sizes[Index(field, side)] = sizeBytes;
    }

    /// <summary>Bytes that the message has for the field; 0 where it has no such buffer.</summary>
    public int GetSize(MessageField field, MessageSide side) => Message(side).BufferLength(Index(field, side));

    /// <summary>
    /// Bytes the message will take (<c>req_capsule_msg_size</c>). Of a request, fields from the first without a size on
    /// are left out; a reply must know all its sizes.
    /// </summary>
    public int MessageSize(MessageSide side)
    {
        Span<int> sizes = stackalloc int[RequestFormat.MaxFieldCount];
        return LustreMessage.Size(FilledSizes(side, sizes));
    }

    /// <summary>Lays the request or reply out in <paramref name="memory"/>; fields are then set one by one.</summary>
    public LustreMessage Pack(MessageSide side, IoVec memory)
    {
        Span<int> sizes = stackalloc int[RequestFormat.MaxFieldCount];
        LustreMessage message = LustreMessage.Format(memory.Span, FilledSizes(side, sizes));
        _sides[(int)side].Attach(memory, swabbed: false);
        return message;
    }

    /// <summary>
    /// Takes a buffer from <paramref name="pool"/> and lays the message out in it; the caller owns the buffer.
    /// </summary>
    public PooledBuffer Pack(MessageSide side, BufferPool pool)
    {
        PooledBuffer buffer = pool.Take(MessageSize(side));
        Pack(side, buffer.Slice(0, buffer.Capacity));
        return buffer;
    }

    /// <summary>Takes a message that has arrived. EPROTO when it is none (<see cref="LustreMessage.Parse"/>).</summary>
    public Errno Attach(MessageSide side, IoVec received)
    {
        Errno error = LustreMessage.Parse(received.Span, out LustreMessage message);
        if (error == Errno.OK)
            _sides[(int)side].Attach(received, message.IsSwabbed);
        return error;
    }

    /// <summary>
    /// Whether the sender of the message has the other byte order, which opaque buffers are then still in.
    /// </summary>
    public bool IsSwabbed(MessageSide side) => _sides[(int)side].Swabbed;

    /// <summary>The request or reply; only when there is one.</summary>
    public LustreMessage Message(MessageSide side)
    {
        Side own = _sides[(int)side];
        Lassert.That(own.HasMessage, "the capsule has no such message");
        return own.Message;
    }

    /// <summary>Makes a field of a packed message smaller; returns the message's new length.</summary>
    public int Shrink(MessageField field, MessageSide side, int newSizeBytes)
    {
        int length = Message(side).Shrink(Index(field, side), newSizeBytes);
        _sides[(int)side].Sizes[Index(field, side)] = newSizeBytes;
        return length;
    }

    /// <summary>
    /// Makes a field of a packed message larger, its content kept, the rest zero. EOVERFLOW when the memory has no
    /// room: then
    /// <see cref="MoveTo"/> larger memory first (<c>req_capsule_server_grow</c>).
    /// </summary>
    public Errno Grow(MessageField field, MessageSide side, int newSizeBytes)
    {
        int index = Index(field, side);
        LustreMessage message = Message(side);
        int added = ((newSizeBytes + 7) & ~7) - ((message.BufferLength(index) + 7) & ~7);
        if (message.Length + added > message.Memory.Length)
            return Errno.EOVERFLOW;
        message.Grow(index, newSizeBytes);
        _sides[(int)side].Sizes[index] = newSizeBytes;
        return Errno.OK;
    }

    /// <summary>Copies a packed message to other memory, which it lives in from now on.</summary>
    public void MoveTo(MessageSide side, IoVec memory)
    {
        Side own = _sides[(int)side];
        own.Message.Bytes.CopyTo(memory.Span);
        own.Move(memory);
    }

    int Index(MessageField field, MessageSide side)
    {
        int index = Format!.IndexOf(field, side);
        Lassert.That(index >= 0, "the format has no such field");
        return index;
    }

    ReadOnlySpan<int> FilledSizes(MessageSide side, Span<int> sizes)
    {
        ReadOnlySpan<MessageField> fields = Format!.Fields(side);
        int[] own = _sides[(int)side].Sizes;
        int count = 0;
        for (; count < fields.Length; count++)
        {
            int size = own[count] != Unset ? own[count] : fields[count].Size;
            if (size == Unset)
                break;
            sizes[count] = size;
        }
        Lassert.That(count > 0 && (side == MessageSide.Request || count == fields.Length),
            "a reply field of variable size has no size");
        return sizes[..count];
    }

    /// <summary>One of the two messages.</summary>
    sealed class Side
    {
        IoVec _memory;
        uint _reversed;         // one bit a buffer: already in our byte order

        public Side() => Array.Fill(Sizes, Unset);

        /// <summary>Bytes of each field, or <see cref="Unset"/>.</summary>
        public int[] Sizes { get; } = new int[RequestFormat.MaxFieldCount];

        public bool HasMessage { get; private set; }

        public bool Swabbed { get; private set; }

        public LustreMessage Message => LustreMessage.Trusted(_memory.Span, Swabbed);

        public void Attach(IoVec memory, bool swabbed)
        {
            _memory = memory;
            Swabbed = swabbed;
            HasMessage = true;
            _reversed = 0;
        }

        public void Move(IoVec memory) => _memory = memory;

        public void Detach()
        {
            _memory = default;
            HasMessage = false;
            Swabbed = false;
            _reversed = 0;
        }

        public void Reset()
        {
            Detach();
            Array.Fill(Sizes, Unset);
        }

        /// <summary>Whether a buffer is still in the sender's byte order.</summary>
        public bool NeedsSwab(int index) => Swabbed && (_reversed & 1u << index) == 0;

        public void MarkReversed(int index) => _reversed |= 1u << index;
    }
}
