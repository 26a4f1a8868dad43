using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Config;
using Lustrous.Idl.LNet;

namespace Lustrous.Obdclass.Config;

/// <summary>
/// One configuration command (<c>struct lustre_cfg</c>): what a config log is made of and what devices are set up by.
/// Buffer 0 names the device; what the others hold depends on the command.
/// </summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_cfg.h.</remarks>
public sealed class ConfigCommand
{
    /// <summary>Set in a command that must be understood (<c>LCFG_REQUIRED</c>).</summary>
    public const uint Required = 0x1000;

    const int BufferAlignment = 8;

    readonly byte[][] _buffers;

    public ConfigCommand(LcfgCommand command, params byte[][] buffers)
    {
        Lassert.That(buffers.Length < LustreCfgConst.MAX_BUFCOUNT);
        Command = command;
        _buffers = buffers;
    }

    public LcfgCommand Command { get; }

    public uint Number { get; init; }

    public uint Flags { get; init; }

    /// <summary>An 8-byte NID for <c>add_uuid</c>; 0 where a buffer holds it as text.</summary>
    public ulong Nid { get; init; }

    /// <summary>No longer used, kept so that a log is rewritten unchanged.</summary>
    public uint NetworkKind { get; init; }

    public int BufferCount => _buffers.Length;

    /// <summary>Bytes of the command, a multiple of 8.</summary>
    public int Size => SizeOf(_buffers.Select(buffer => buffer.Length));

    /// <summary>A command with text buffers, each stored with its NUL; null makes an empty buffer.</summary>
    public static ConfigCommand Create(LcfgCommand command, params string?[] texts) =>
        new(command, [.. texts.Select(Encode)]);

    /// <summary>Reads a command; EPROTO when its version, count or lengths are not right.</summary>
    public static Result<ConfigCommand> Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedSize)
            return Errno.EPROTO;
        uint version = MemoryMarshal.Read<uint>(bytes);
        bool swabbed = version == BinaryPrimitives.ReverseEndianness((uint)LustreCfgConst.VERSION);
        LustreCfg header = MemoryMarshal.Read<LustreCfg>(bytes);
        if (swabbed)
            header = LustreCfg.Swab(header);
        if (header.Version != LustreCfgConst.VERSION || header.BufferCount >= LustreCfgConst.MAX_BUFCOUNT)
            return Errno.EPROTO;

        int count = (int)header.BufferCount;
        int offset = Align(FixedSize + (count * sizeof(uint)));
        if (offset > bytes.Length)
            return Errno.EPROTO;
        var buffers = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            uint length = MemoryMarshal.Read<uint>(bytes[(FixedSize + (i * sizeof(uint)))..]);
            if (swabbed)
                length = BinaryPrimitives.ReverseEndianness(length);
            if (length > bytes.Length - offset)
                return Errno.EPROTO;
            buffers[i] = bytes.Slice(offset, (int)length).ToArray();
            offset = Math.Min(offset + Align((int)length), bytes.Length);
        }
        return new ConfigCommand(header.Command, buffers)
        {
            Number = header.Number,
            Flags = header.Flags,
            Nid = header.Nid.Value,
            NetworkKind = header.NetworkKind,
        };
    }

    /// <summary>Writes the command into exactly <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> into)
    {
        Lassert.That(into.Length == Size);
        into.Clear();
        var header = new LustreCfg
        {
            Version = LustreCfgConst.VERSION,
            Command = Command,
            Number = Number,
            Flags = Flags,
            Nid = new Nid4(Nid),
            NetworkKind = NetworkKind,
            BufferCount = (uint)_buffers.Length,
        };
        MemoryMarshal.Write(into, header);
        int offset = Align(FixedSize + (_buffers.Length * sizeof(uint)));
        for (int i = 0; i < _buffers.Length; i++)
        {
            MemoryMarshal.Write(into[(FixedSize + (i * sizeof(uint)))..], (uint)_buffers[i].Length);
            _buffers[i].CopyTo(into[offset..]);
            offset += Align(_buffers[i].Length);
        }
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>A buffer's bytes; empty when there is no such buffer.</summary>
    public ReadOnlySpan<byte> Buffer(int index) => index < _buffers.Length ? _buffers[index] : [];

    /// <summary>A buffer as text, up to its NUL; null when it is missing or empty.</summary>
    public string? Text(int index)
    {
        ReadOnlySpan<byte> bytes = Buffer(index);
        if (bytes.IsEmpty)
            return null;
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>The same command with another buffer in one place.</summary>
    public ConfigCommand With(int index, string text)
    {
        int added = Math.Max(0, index + 1 - BufferCount);
        byte[][] buffers = [.. _buffers, .. Enumerable.Repeat(Array.Empty<byte>(), added)];
        buffers[index] = Encode(text);
        return new ConfigCommand(Command, buffers)
        {
            Number = Number,
            Flags = Flags,
            Nid = Nid,
            NetworkKind = NetworkKind,
        };
    }

    static int FixedSize => Unsafe.SizeOf<LustreCfg>();

    static int SizeOf(IEnumerable<int> lengths)
    {
        int count = 0, total = 0;
        foreach (int length in lengths)
        {
            count++;
            total += Align(length);
        }
        return Align(FixedSize + (count * sizeof(uint))) + total;
    }

    static int Align(int size) => (size + BufferAlignment - 1) & -BufferAlignment;

    static byte[] Encode(string? text) => text is null ? [] : [.. Encoding.UTF8.GetBytes(text), 0];
}
