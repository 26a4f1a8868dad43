using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Fuzz.Tests.Hostile;

/// <summary>
/// Turns a good lustre_msg into one that is well formed outside and wrong inside: numbers, lengths, names, layouts,
/// other people's handles, missing and swapped buffers, other opcodes.
/// </summary>
sealed class MessageMutator(SeededRandom random)
{
    const int MaxKnown = 512;

    static readonly ulong[] s_numbers =
    [
        0, 1, 2, 3, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 4095, 4096, 4097, 0x7fff, 0xffff, 0x10000,
        0xfffff, 0x100000, 0x100001, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff, 0x100000000, 0x0FFFFFFFFFFFF000,
        0x7FFFFFFFFFFFF000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFF000, 0xFFFFFFFFFFFFFFFF,
        0x200000001, 0x200000002, 0x200000003, 0x200000006, 0x200000007, 0x200000400,
    ];

    static readonly int[] s_lengths =
        [0, 1, 2, 4, 7, 8, 9, 15, 16, 24, 31, 32, 48, 64, 100, 128, 255, 256, 257, 512, 1000, 4096, 4097, 9000, 70000];

    static readonly uint[] s_opcodes =
    [
        .. Enum.GetValues<OstOpcode>().Select(value => (uint)value),
        .. Enum.GetValues<MdsOpcode>().Select(value => (uint)value),
        .. Enum.GetValues<LdlmOpcode>().Select(value => (uint)value),
        400, 401, 402, 501, 502, 503, 506, 508, 512, 601, 700, 801, 900, 901, 1000, 1101, 0, 99999,
    ];

    static readonly byte[][] s_names =
    [
        "."u8.ToArray(), ".."u8.ToArray(), "a/b"u8.ToArray(), "/"u8.ToArray(), [0], [(byte)'a', 0, (byte)'b', 0],
        [.. Enumerable.Repeat((byte)'n', 254), 0], [.. Enumerable.Repeat((byte)'n', 256), 0],
        [.. Enumerable.Repeat((byte)'n', 4096)], "trusted.lov\0"u8.ToArray(), "trusted.lma\0"u8.ToArray(),
        "trusted.link\0"u8.ToArray(), "user.\0"u8.ToArray(), "security.selinux\0"u8.ToArray(),
        "system.posix_acl_access\0"u8.ToArray(), "lustre.lov\0"u8.ToArray(), "bad\0"u8.ToArray(),
        [0xff, 0xfe, 0], "max_bytes_cached\0"u8.ToArray(), "\0\0\0\0\0\0\0\0"u8.ToArray(),
    ];

    readonly List<ulong> _known = [];
    readonly IReadOnlyList<byte[]> _layouts = Corpus.Instance.Of(SeedKind.Layout);
    readonly IReadOnlyList<byte[]> _recorded = Corpus.Instance.Of(SeedKind.Payload);

    /// <summary>Remembers numbers that mean something here: handles, parts of FIDs, transnos.</summary>
    public void Learn(ReadOnlySpan<byte> payload)
    {
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(payload[..Math.Min(payload.Length & ~7, 1024)]))
        {
            if (word > 1 << 20 && !_known.Contains(word))
            {
                if (_known.Count < MaxKnown)
                    _known.Add(word);
                else
                    _known[random.Next(MaxKnown)] = word;
            }
        }
    }

    /// <summary>A mutant of a message, or of any bytes.</summary>
    public byte[] Mutate(byte[] payload)
    {
        byte[] copy = [.. payload];
        if (LustreMessage.Parse(copy, out LustreMessage message) != Errno.OK || random.Next(12) == 0)
            return Raw(copy);
        byte[] head = copy[..LustreMessage.HeaderSize(1)];
        List<byte[]> buffers = [];
        for (int i = 0; i < message.BufferCount; i++)
            buffers.Add(message.Buffer(i).ToArray());
        if (random.Next(8) == 0)
            Replace(buffers);
        int count = 1 + random.Next(4);
        for (int i = 0; i < count; i++)
            Change(buffers);
        return Build(head, buffers);
    }

    static byte[] Build(byte[] head, List<byte[]> buffers)
    {
        int[] lengths = [.. buffers.Select(buffer => buffer.Length)];
        byte[] bytes = new byte[LustreMessage.Size(lengths)];
        LustreMessage made = LustreMessage.Format(bytes, lengths);
        // Flavour, reply size, checksum, flags as they were; not the number of buffers and the magic.
        head.AsSpan(4, 4).CopyTo(bytes.AsSpan(4));
        head.AsSpan(12, 20).CopyTo(bytes.AsSpan(12));
        for (int i = 0; i < buffers.Count; i++)
            buffers[i].CopyTo(made.Buffer(i));
        return bytes;
    }

    /// <summary>The buffers of a recorded message, in the name of this one's sender.</summary>
    void Replace(List<byte[]> buffers)
    {
        byte[] recorded = [.. _recorded[random.Next(_recorded.Count)]];
        if (LustreMessage.Parse(recorded, out LustreMessage message) != Errno.OK
            || message.BufferLength(0) != buffers[0].Length || buffers[0].Length < 184)
            return;
        uint opcode = MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0)).Opcode;
        if (buffers.Count > 1)
            buffers.RemoveRange(1, buffers.Count - 1);
        ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(buffers[0].AsSpan());
        if (!IsFarewell(opcode))
            body.Opcode = opcode;
        for (int i = 1; i < message.BufferCount; i++)
            buffers.Add(message.Buffer(i).ToArray());
    }

    void Change(List<byte[]> buffers)
    {
        // The first buffer is the ptlrpc_body: it says who asks, and a wrong one has its sender evicted.
        int which = buffers.Count > 1 && random.Next(12) != 0 ? 1 + random.Next(buffers.Count - 1) : 0;
        byte[] buffer = buffers[which];
        switch (random.Next(14))
        {
            case 0 when which > 0:
                buffers[which] = Resized(buffer, s_lengths[random.Next(s_lengths.Length)]);
                break;
            case 1 when which > 0:
                buffers[which] = Resized(buffer, Math.Max(0, buffer.Length + random.Next(33) - 16));
                break;
            case 2 when which > 0:
                buffers[which] = [.. s_names[random.Next(s_names.Length)]];
                break;
            case 3 when which > 0:
                byte[] layout = [.. _layouts[random.Next(_layouts.Count)]];
                Word(layout);
                buffers[which] = layout;
                break;
            case 4 when which > 0:
                buffers.RemoveRange(which, random.Next(2) == 0 ? 1 : buffers.Count - which);
                break;
            case 5 when which > 0:
                int other = 1 + random.Next(buffers.Count - 1);
                (buffers[which], buffers[other]) = (buffers[other], buffers[which]);
                break;
            case 6 when buffers.Count < LustreMessage.MaxBufferCount:
                buffers.Add(new byte[s_lengths[random.Next(s_lengths.Length)]]);
                break;
            case (7 or > 8) and not 13 when which == 0 && buffer.Length >= 184:
                uint opcode = s_opcodes[random.Next(s_opcodes.Length)];
                if (!IsFarewell(opcode))
                    MemoryMarshal.AsRef<PtlrpcBodyV3>(buffer.AsSpan()).Opcode = opcode;
                break;
            default:
                Word(buffer);
                break;
        }
    }

    /// <summary>Whoever disconnects can do no more harm.</summary>
    static bool IsFarewell(uint opcode) =>
        opcode is (uint)OstOpcode.Disconnect or (uint)MdsOpcode.Disconnect;

    void Word(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return;
        int where = random.Next(buffer.Length);
        ulong value = random.Next(3) == 0 && _known.Count > 0
            ? _known[random.Next(_known.Count)]
            : s_numbers[random.Next(s_numbers.Length)];
        switch (random.Next(5))
        {
            case 0:
                buffer[where] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when buffer.Length >= (where & ~3) + 4:
                MemoryMarshal.Write(buffer[(where & ~3)..], (uint)value);
                break;
            case 2:
                buffer.Slice(where, Math.Min(buffer.Length - where, 1 + random.Next(24)))
                    .Fill((byte)(random.Next(2) * 255));
                break;
            default:
                where &= ~7;
                if (buffer.Length >= where + 8)
                    MemoryMarshal.Write(buffer[where..], value);
                break;
        }
    }

    byte[] Raw(byte[] bytes)
    {
        if (bytes.Length > 0 && random.Next(3) == 0)
            return bytes[..random.Next(bytes.Length)];
        int count = 1 + random.Next(6);
        for (int i = 0; i < count; i++)
            Word(bytes.AsSpan(0, Math.Min(bytes.Length, random.Next(2) == 0 ? 64 : bytes.Length)));
        return bytes;
    }

    static byte[] Resized(byte[] buffer, int length)
    {
        Array.Resize(ref buffer, length);
        return buffer;
    }
}
