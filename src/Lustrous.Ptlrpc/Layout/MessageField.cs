using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lustrous.Ptlrpc.Layout;

/// <summary>
/// One kind of buffer in messages (<c>struct req_msg_field</c>, RMF_*): its name, its size, how it is checked.
/// </summary>
public abstract class MessageField
{
    private protected MessageField(string label, RmfFlags flags, int size)
    {
        Label = label;
        Flags = flags;
        Size = size;
    }

    /// <summary>Lustre's name of it in messages for people; not unique.</summary>
    public string Label { get; }

    public RmfFlags Flags { get; }

    /// <summary>Bytes; of one element for an array, the most without the NUL for a string; −1 for any.</summary>
    public int Size { get; }

    /// <summary>
    /// Whether <see cref="Swab"/> does anything; a buffer that cannot be swabbed may stand for any other.
    /// </summary>
    internal virtual bool CanSwab => false;

    /// <summary>Reverses a whole buffer in place.</summary>
    internal virtual void Swab(Span<byte> buffer)
    {
    }

    public override string ToString() => Label;
}

/// <summary>Bytes whose meaning another field or the peer's connect flags decide.</summary>
public sealed class BytesField(string label, int size = -1, RmfFlags flags = RmfFlags.None)
    : MessageField(label, flags, size);

/// <summary>Text ending with a NUL.</summary>
public sealed class StringField(string label, int maxLength = -1) : MessageField(label, RmfFlags.String, maxLength);

/// <summary>One wire struct or integer.</summary>
/// <param name="swab">Reverses one.</param>
/// <param name="minimumSize">Bytes that a peer of an older version sends at least; the rest then reads as zero.</param>
/// <param name="size">Bytes the buffer gets unless said otherwise, where that is not just the struct.</param>
public sealed class StructField<T>(
    string label, Swabber<T> swab, RmfFlags flags = RmfFlags.None, int minimumSize = -1, int size = -1)
    : MessageField(label, flags, size >= 0 ? size : Unsafe.SizeOf<T>()) where T : unmanaged
{
    /// <summary>A buffer shorter than this is refused.</summary>
    public int MinimumSize { get; } =
        (flags & RmfFlags.NoSizeCheck) != 0 ? 0 : minimumSize >= 0 ? minimumSize : Unsafe.SizeOf<T>();

    internal override bool CanSwab => true;

    internal override void Swab(Span<byte> buffer)
    {
        ref T value = ref MemoryMarshal.AsRef<T>(buffer);
        value = swab(in value);
    }

    internal T Swabbed(in T value) => swab(in value);
}

/// <summary>Any number of wire structs or integers.</summary>
/// <param name="swab">Reverses one.</param>
public sealed class ArrayField<T>(string label, Swabber<T> swab)
    : MessageField(label, RmfFlags.StructArray, Unsafe.SizeOf<T>()) where T : unmanaged
{
    internal override bool CanSwab => true;

    internal override void Swab(Span<byte> buffer)
    {
        foreach (ref T item in MemoryMarshal.Cast<byte, T>(buffer))
            item = swab(in item);
    }
}

/// <summary>The value in the other byte order.</summary>
public delegate T Swabber<T>(in T value);
