using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Lustrous.Libcfs;
using Lustrous.Utils.Decode;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary><c>lustrous decode</c> from the capture's first byte to the last line of its output.</summary>
static class DecodeSessionTargets
{
    const int Outputs = 4;

    [FuzzTarget(Seeds = SeedKind.Capture, AllocationPerByte = 16 << 10, FixedAllocation = 32 << 20)]
    public static void WholeCapture(ReadOnlySpan<byte> input)
    {
        if (input.Length > 0)
            Run(input.ToArray(), input[^1] % Outputs);
    }

    /// <summary>One connection whose packets are sound and whose stream is not.</summary>
    [FuzzTarget(Seeds = SeedKind.Frame, AllocationPerByte = 16 << 10, FixedAllocation = 32 << 20)]
    public static void WholeStream(ReadOnlySpan<byte> input)
    {
        if (input.Length > 0)
            Run(Capture(input[..Math.Min(input.Length, 60_000)]), input[^1] % Outputs);
    }

    static void Run(byte[] capture, int which)
    {
        Result<CaptureReader> opened = CaptureReader.Open(new MemoryStream(capture));
        if (opened.Failed)
            return;
        using CaptureReader reader = opened.Value;
        using var text = new LineChecker(isJson: which == 2);
        IDecodeOutput output = which switch
        {
            0 => new TextOutput(text, TextWriter.Null, verbose: false),
            1 => new TextOutput(text, TextWriter.Null, verbose: true),
            2 => new JsonOutput(text, TextWriter.Null),
            _ => new SummaryOutput(text, TextWriter.Null),
        };
        var session = new DecodeSession(output, []);
        session.Run(reader);
        Lassert.That(session.Messages >= 0 && session.UndecodedBytes >= 0);
    }

    /// <summary>The same stream both ways, so that replies find their requests.</summary>
    static byte[] Capture(ReadOnlySpan<byte> stream)
    {
        const int Record = 16, Ip = 20, Tcp = 20;
        byte[] capture = new byte[24 + 2 * (Record + Ip + Tcp + stream.Length)];
        Span<byte> rest = capture;
        Convert.FromHexString("d4c3b2a1020004000000000000000000ffff040065000000").CopyTo(rest);
        rest = rest[24..];
        for (int way = 0; way < 2; way++)
        {
            int length = Ip + Tcp + stream.Length;
            BinaryPrimitives.WriteInt32LittleEndian(rest[8..], length);
            BinaryPrimitives.WriteInt32LittleEndian(rest[12..], length);
            Span<byte> packet = rest.Slice(Record, length);
            packet[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)length);
            packet[9] = 6;
            packet[way == 0 ? 15 : 19] = 1;
            BinaryPrimitives.WriteUInt16BigEndian(packet[(way == 0 ? 20 : 22)..], 1023);
            BinaryPrimitives.WriteUInt16BigEndian(packet[(way == 0 ? 22 : 20)..], 988);
            packet[32] = 0x50;
            stream.CopyTo(packet[(Ip + Tcp)..]);
            rest = rest[(Record + length)..];
        }
        return capture;
    }

    /// <summary>A line of JSON must be JSON; no other line may steer a terminal.</summary>
    sealed class LineChecker(bool isJson) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            if (isJson)
            {
                JsonDocument.Parse(value!).Dispose();
                return;
            }
            foreach (char c in value!)
                Lassert.That(!char.IsControl(c), "control characters in text");
        }

        public override void WriteLine(StringBuilder? value) => WriteLine(value!.ToString());
    }
}
