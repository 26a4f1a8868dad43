using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Utils.Decode;

/// <summary>A whole message: its header and one piece a buffer.</summary>
sealed class MessagePart : Part
{
    readonly List<Part> _buffers = [];
    readonly List<byte[]> _paddings = [];       // what stands between the buffers: zero, from most senders
    readonly bool _swabbed;
    readonly uint _replySize, _checksum, _subOpcode, _padding, _flavor;
    readonly LustreMsgHeaderFlags _flags;
    readonly uint _tablePadding;
    readonly int _knownBuffers;

    MessagePart(
        string name, in LustreMessage message, RequestFormat? format, MessageSide side, uint opcode, LockType lockType)
        : base(name)
    {
        _swabbed = message.IsSwabbed;
        (_replySize, _checksum, _subOpcode) = (message.ReplySize, message.Checksum, message.SubOpcode);
        (_padding, _flavor, _flags) = (message.Padding, message.SecurityFlavor, message.Flags);
        Size = message.Length;
        int count = message.BufferCount;
        if ((count & 1) != 0)
            _tablePadding = MemoryMarshal.Read<uint>(message.Bytes[(32 + 4 * count)..]);

        ReadOnlySpan<MessageField> fields = format is null ? [Rmf.PtlrpcBody] : format.Fields(side);
        var context = new FieldContext(opcode, side, lockType);
        int offset = LustreMessage.HeaderSize(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> buffer = message.Buffer(i);
            _buffers.Add(i < fields.Length
                ? FieldDecoder.Decode(fields[i], buffer, message.IsSwabbed, context)
                : FieldDecoder.DecodeExtra(buffer));
            int padded = (buffer.Length + 7) & ~7;
            _paddings.Add(message.Bytes[(offset + buffer.Length)..(offset + padded)].ToArray());
            offset += padded;
        }
        _knownBuffers = Math.Min(count, fields.Length);
    }

    public override int Size { get; }

    public override int Undecoded => _buffers.Sum(buffer => buffer.Undecoded);

    public override IReadOnlyList<Part> Inner => _buffers;

    /// <summary>Bytes of each buffer.</summary>
    public IEnumerable<int> Lengths => _buffers.Select(buffer => buffer.Size);

    /// <summary>Buffers that the format has a field for.</summary>
    public int KnownBuffers => _knownBuffers;

    /// <summary>The first piece that is such a struct, in any buffer.</summary>
    public bool TryFind<T>(out T value) where T : unmanaged, Lustrous.Idl.Wire.IWireStruct<T>
    {
        foreach (Part buffer in _buffers)
        {
            foreach (Part part in buffer.Inner.Count > 0 ? buffer.Inner : [buffer])
            {
                if (part is StructPart<T> found)
                {
                    value = found.Value;
                    return true;
                }
            }
        }
        value = default;
        return false;
    }

    public static MessagePart Decode(
        string name, in LustreMessage message, RequestFormat? format, MessageSide side, uint opcode,
        LockType lockType) =>
        new(name, message, format, side, opcode, lockType);

    public override void Encode(Span<byte> bytes)
    {
        int[] lengths = [.. Lengths];
        LustreMessage message = LustreMessage.Format(bytes[..Size], lengths);
        message.SecurityFlavor = _flavor;
        message.ReplySize = _replySize;
        message.Checksum = _checksum;
        message.SubOpcode = _subOpcode;
        message.Padding = _padding;
        message.Flags = _flags;
        int offset = LustreMessage.HeaderSize(lengths.Length);
        if ((lengths.Length & 1) != 0)
            MemoryMarshal.Write(bytes[(offset - 4)..], _tablePadding);
        for (int i = 0; i < lengths.Length; i++)
        {
            _buffers[i].Encode(bytes[offset..]);
            _paddings[i].CopyTo(bytes[(offset + lengths[i])..]);
            offset += lengths[i] + _paddings[i].Length;
        }
        if (!_swabbed)
            return;
        Span<uint> header = MemoryMarshal.Cast<byte, uint>(bytes[..(32 + 4 * lengths.Length)]);
        BinaryPrimitives.ReverseEndianness(header, header);
    }

    public override string ToText()
    {
        string sub = _subOpcode != 0 ? $" sub-opcode or result {(int)_subOpcode}" : "";
        string order = _swabbed ? " other byte order" : "";
        return $"lustre_msg{{repsize {_replySize} cksum {_checksum:x} flags {_flags}{sub}{order}"
            + $" buflens [{string.Join(' ', Lengths)}]}}";
    }

    public override void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("repsize", _replySize);
        json.WriteNumber("cksum", _checksum);
        json.WriteString("flags", _flags.ToString());
        json.WriteNumber("sub_opcode", _subOpcode);
        json.WriteStartArray("buffers");
        foreach (Part buffer in _buffers)
        {
            json.WriteStartObject();
            json.WriteString("field", buffer.Name);
            json.WriteNumber("length", buffer.Size);
            json.WritePropertyName("value");
            buffer.WriteJson(json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
