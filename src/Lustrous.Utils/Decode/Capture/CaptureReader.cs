using System.Buffers.Binary;
using System.IO.Compression;
using Lustrous.Libcfs;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>Reads the packets of a capture file: pcap of either byte order and time unit, or pcapng, plain or
/// gzip.</summary>
public sealed class CaptureReader : IDisposable
{
    /// <summary>The longest packet believed; a larger record length is damage.</summary>
    public const int MaxPacketBytes = 1 << 20;

    readonly CaptureInput _input;
    readonly ICaptureFormat _format;
    bool _finished;

    CaptureReader(CaptureInput input, ICaptureFormat format) => (_input, _format) = (input, format);

    /// <returns><c>ENOENT</c>, <c>EACCES</c>, <c>EIO</c> as the system says; <c>EPROTO</c>: not a capture.</returns>
    public static Result<CaptureReader> Open(string path)
    {
        try
        {
            return Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Errno.ENOENT;
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (IOException)
        {
            return Errno.EIO;
        }
    }

    /// <summary>Takes the stream and disposes it at the end.</summary>
    public static Result<CaptureReader> Open(Stream stream)
    {
        var input = new CaptureInput(stream);
        if (input.Peek(2).Span is [0x1F, 0x8B])
        {
            stream.Position = 0;
            input = new CaptureInput(new GZipStream(stream, CompressionMode.Decompress));
        }
        ICaptureFormat? format = null;
        if (input.Peek(4) is { Length: 4 } magic)
        {
            format = BinaryPrimitives.ReadUInt32LittleEndian(magic.Span) == PcapNgFormat.SectionHeader
                ? new PcapNgFormat(input)
                : PcapFormat.TryOpen(input);
        }
        if (format is null)
        {
            input.Dispose();
            return Errno.EPROTO;
        }
        return new CaptureReader(input, format);
    }

    /// <summary>The next packet, or what is wrong at this place (then the packet after it comes next time).</summary>
    /// <returns>False at the end of the file.</returns>
    public bool TryRead(out CapturePacket packet, out CaptureProblem? problem)
    {
        if (!_finished && _format.TryRead(out packet, out problem))
            return true;
        packet = default;
        problem = null;
        if (_finished)
            return false;
        _finished = true;
        if (_input.Failure is { } failure)
        {
            problem = new(_format.PacketCount, _input.Offset, $"the file cannot be unpacked further: {failure}");
            return true;
        }
        return false;
    }

    public void Dispose() => _input.Dispose();
}

/// <summary>One way of writing packets into a file.</summary>
interface ICaptureFormat
{
    long PacketCount { get; }

    /// <summary>As <see cref="CaptureReader.TryRead"/>.</summary>
    bool TryRead(out CapturePacket packet, out CaptureProblem? problem);
}
