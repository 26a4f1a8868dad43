using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lustrous.Ptlrpc.Layout;

// Reading and writing single fields.
public sealed partial class RequestCapsule
{
    /// <summary>
    /// Reads a struct. False when the message has no such buffer or it is too short, which a receiver answers with
    /// EPROTO.
    /// </summary>
    public bool TryGet<T>(StructField<T> field, MessageSide side, out T value) where T : unmanaged
    {
        value = default;
        if (!TryGetBuffer(field, side, out Span<byte> buffer, out int index) || buffer.Length < field.MinimumSize)
            return false;
        if (buffer.Length >= Unsafe.SizeOf<T>())
        {
            SwabOnce(field, side, index, buffer);
            value = MemoryMarshal.Read<T>(buffer);
            return true;
        }
        // A peer of an older version sends the struct's beginning.
        buffer.CopyTo(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        if (_sides[(int)side].NeedsSwab(index))
            value = field.Swabbed(in value);
        return true;
    }

    /// <summary>A struct, or EPROTO when the message has none.</summary>
    public Result<T> Get<T>(StructField<T> field, MessageSide side) where T : unmanaged =>
        TryGet(field, side, out T value) ? value : Errno.EPROTO;

    /// <summary>The struct in place, to be filled or read; only where the whole of it is known to be there.</summary>
    public ref T Borrow<T>(StructField<T> field, MessageSide side) where T : unmanaged
    {
        bool present = TryGetBuffer(field, side, out Span<byte> buffer, out int index);
        Lassert.That(present && buffer.Length >= Unsafe.SizeOf<T>());
        SwabOnce(field, side, index, buffer);
        return ref MemoryMarshal.AsRef<T>(buffer);
    }

    /// <summary>Writes a struct; the packed message must have room for all of it.</summary>
    public void Set<T>(StructField<T> field, MessageSide side, in T value) where T : unmanaged =>
        Borrow(field, side) = value;

    /// <summary>
    /// An array in place. False when the message has no such buffer, or not a whole number of elements.
    /// </summary>
    public bool TryGetArray<T>(ArrayField<T> field, MessageSide side, out Span<T> items) where T : unmanaged
    {
        items = default;
        if (!TryGetBuffer(field, side, out Span<byte> buffer, out int index) || buffer.Length % field.Size != 0)
            return false;
        SwabOnce(field, side, index, buffer);
        items = MemoryMarshal.Cast<byte, T>(buffer);
        return true;
    }

    /// <summary>An array in place, to be filled; empty where there is none.</summary>
    public Span<T> GetArray<T>(ArrayField<T> field, MessageSide side) where T : unmanaged =>
        TryGetArray(field, side, out Span<T> items) ? items : default;

    /// <summary>
    /// A string without its NUL. False when there is no such buffer, no NUL in it, or the text is longer than the field
    /// allows; where the field names no maximum, the NUL must be the last byte.
    /// </summary>
    public bool TryGetString(StringField field, MessageSide side, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!TryGetBuffer(field, side, out Span<byte> buffer, out int index))
            return false;
        int length = buffer.IndexOf((byte)0);
        if (length < 0)
            return false;

        // As the kernel: a size set by the reader is a maximum, like the field's own.
        int set = _sides[(int)side].Sizes[index];
        int maximum = set != Unset ? set : Math.Max(field.Size, 0);
        if (maximum == 0 ? length != buffer.Length - 1 : length > maximum)
            return false;
        text = buffer[..length];
        return true;
    }

    /// <summary>Writes a string and its NUL; the field's size must be at least one more than the text.</summary>
    public void SetString(StringField field, MessageSide side, ReadOnlySpan<byte> text)
    {
        Span<byte> buffer = GetBytes(field, side);
        text.CopyTo(buffer);
        buffer[text.Length..].Clear();
        Lassert.That(text.Length < buffer.Length);
    }

    /// <summary>
    /// Bytes of a field as they are, in place and in the sender's byte order; empty where there are none.
    /// </summary>
    public Span<byte> GetBytes(MessageField field, MessageSide side) =>
        TryGetBuffer(field, side, out Span<byte> buffer, out _) ? buffer : default;

    /// <summary>Writes bytes at the start of a field; what is left of it is zeroed.</summary>
    public void SetBytes(MessageField field, MessageSide side, ReadOnlySpan<byte> bytes)
    {
        Span<byte> buffer = GetBytes(field, side);
        bytes.CopyTo(buffer);
        buffer[bytes.Length..].Clear();
    }

    bool TryGetBuffer(MessageField field, MessageSide side, out Span<byte> buffer, out int index)
    {
        LustreMessage message = Message(side);
        index = Index(field, side);
        bool present = index < message.BufferCount;
        buffer = present ? message.Buffer(index) : default;
        return present;
    }

    void SwabOnce(MessageField field, MessageSide side, int index, Span<byte> buffer)
    {
        Side own = _sides[(int)side];
        if (!own.NeedsSwab(index))
            return;
        field.Swab(buffer);
        own.MarkReversed(index);
    }
}
