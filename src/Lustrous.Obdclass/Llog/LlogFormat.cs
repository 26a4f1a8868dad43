using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Llog;

namespace Lustrous.Obdclass.Llog;

/// <summary>How a record lies in a log.</summary>
public static class LlogFormat
{
    const uint OperationMagic = 0x10600000; // LLOG_OP_MAGIC: the upper 12 bits of every record type
    const uint OperationMask = 0xFFF00000;

    public static int HeaderSize => Unsafe.SizeOf<LlogRecHdr>();

    public static int TailSize => Unsafe.SizeOf<LlogRecTail>();

    /// <summary>Bytes of a record with a body of <paramref name="bodyLength"/>, which is padded to 8.</summary>
    public static int RecordSize(int bodyLength) => HeaderSize + ((bodyLength + 7) & ~7) + TailSize;

    /// <summary>Whether a record header can be what it says, with so many bytes behind it.</summary>
    public static bool IsSane(in LlogRecHdr header, int bytesAvailable) =>
        ((uint)header.Type & OperationMask) == OperationMagic
        && header.Length >= LlogConst.MIN_REC_SIZE && header.Length <= bytesAvailable && header.Length % 8 == 0;

    /// <summary>Writes a whole record; the body's padding is zeroed.</summary>
    public static void WriteRecord(Span<byte> record, LlogRecordType type, uint index, uint id, ReadOnlySpan<byte> body)
    {
        Lassert.That(record.Length == RecordSize(body.Length));
        var header = new LlogRecHdr { Length = (uint)record.Length, Index = index, Type = type, Id = id };
        var tail = new LlogRecTail { Length = (uint)record.Length, Index = index };
        MemoryMarshal.Write(record, header);
        body.CopyTo(record[HeaderSize..]);
        record[(HeaderSize + body.Length)..^TailSize].Clear();
        MemoryMarshal.Write(record[^TailSize..], tail);
    }
}
