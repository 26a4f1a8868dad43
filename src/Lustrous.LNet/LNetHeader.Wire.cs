using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet;

/// <summary>
/// The two forms of an LNet header on the wire: with 8-byte NIDs (<c>struct _lnet_hdr_nid4</c>) and with 20-byte NIDs
/// (<c>struct lnet_hdr_nid16</c>). Both are little endian on every machine.
/// </summary>
/// <remarks>Reading accepts any bytes: what the fields may hold is checked by <see cref="LNetNode.Parse"/>.</remarks>
public partial struct LNetHeader
{
    /// <summary>Bytes of the form with 8-byte NIDs.</summary>
    public const int Nid4Size = 72;

    /// <summary>Bytes of the form with 20-byte NIDs.</summary>
    public const int Nid16Size = 96;

    const int NidSize = 20;
    const int VariantSize = 40;     // union lnet_cmd_hdr

    /// <summary>Whether both NIDs fit the 8-byte form.</summary>
    public readonly bool FitsNid4 => DestinationNid.IsNid4 && SourceNid.IsNid4;

    /// <summary>Reads the <see cref="Nid4Size"/>-byte form.</summary>
    public static LNetHeader ReadNid4(ReadOnlySpan<byte> wire)
    {
        wire = wire[..Nid4Size];
        LNetHeader header = default;
        header.DestinationNid = Nid.FromNid4(BinaryPrimitives.ReadUInt64LittleEndian(wire));
        header.SourceNid = Nid.FromNid4(BinaryPrimitives.ReadUInt64LittleEndian(wire[8..]));
        header.ReadRest(wire[16..]);
        return header;
    }

    /// <summary>Reads the <see cref="Nid16Size"/>-byte form.</summary>
    public static LNetHeader ReadNid16(ReadOnlySpan<byte> wire)
    {
        wire = wire[..Nid16Size];
        LNetHeader header = default;
        header.DestinationNid = MemoryMarshal.Read<Nid>(wire);
        header.SourceNid = MemoryMarshal.Read<Nid>(wire[NidSize..]);
        header.ReadRest(wire[(2 * NidSize)..]);
        return header;
    }

    /// <summary>Writes the <see cref="Nid4Size"/>-byte form; only when <see cref="FitsNid4"/>.</summary>
    public readonly void WriteNid4(Span<byte> wire)
    {
        wire = wire[..Nid4Size];
        BinaryPrimitives.WriteUInt64LittleEndian(wire, DestinationNid.ToNid4());
        BinaryPrimitives.WriteUInt64LittleEndian(wire[8..], SourceNid.ToNid4());
        WriteRest(wire[16..]);
    }

    /// <summary>Writes the <see cref="Nid16Size"/>-byte form.</summary>
    public readonly void WriteNid16(Span<byte> wire)
    {
        wire = wire[..Nid16Size];
        MemoryMarshal.Write(wire, DestinationNid);
        MemoryMarshal.Write(wire[NidSize..], SourceNid);
        WriteRest(wire[(2 * NidSize)..]);
    }

    void ReadRest(ReadOnlySpan<byte> wire)
    {
        DestinationPid = BinaryPrimitives.ReadUInt32LittleEndian(wire);
        SourcePid = BinaryPrimitives.ReadUInt32LittleEndian(wire[4..]);
        Type = (LNetMessageType)BinaryPrimitives.ReadUInt32LittleEndian(wire[8..]);
        PayloadLength = BinaryPrimitives.ReadUInt32LittleEndian(wire[12..]);
        ReadOnlySpan<byte> variant = wire.Slice(16, VariantSize);
        Handle = new(
            BinaryPrimitives.ReadUInt64LittleEndian(variant), BinaryPrimitives.ReadUInt64LittleEndian(variant[8..]));
        if (Type is LNetMessageType.Put or LNetMessageType.Get or LNetMessageType.Ack)
            MatchBits = BinaryPrimitives.ReadUInt64LittleEndian(variant[16..]);
        switch (Type)
        {
            case LNetMessageType.Ack:
                Length = BinaryPrimitives.ReadUInt32LittleEndian(variant[24..]);
                break;
            case LNetMessageType.Put:
                HeaderData = BinaryPrimitives.ReadUInt64LittleEndian(variant[24..]);
                Portal = BinaryPrimitives.ReadUInt32LittleEndian(variant[32..]);
                Offset = BinaryPrimitives.ReadUInt32LittleEndian(variant[36..]);
                break;
            case LNetMessageType.Get:
                Portal = BinaryPrimitives.ReadUInt32LittleEndian(variant[24..]);
                Offset = BinaryPrimitives.ReadUInt32LittleEndian(variant[28..]);
                Length = BinaryPrimitives.ReadUInt32LittleEndian(variant[32..]);
                break;
            default:
                break;
        }
    }

    readonly void WriteRest(Span<byte> wire)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(wire, DestinationPid);
        BinaryPrimitives.WriteUInt32LittleEndian(wire[4..], SourcePid);
        BinaryPrimitives.WriteUInt32LittleEndian(wire[8..], (uint)Type);
        BinaryPrimitives.WriteUInt32LittleEndian(wire[12..], PayloadLength);
        Span<byte> variant = wire.Slice(16, VariantSize);
        variant.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(variant, Handle.InterfaceCookie);
        BinaryPrimitives.WriteUInt64LittleEndian(variant[8..], Handle.ObjectCookie);
        if (Type is LNetMessageType.Put or LNetMessageType.Get or LNetMessageType.Ack)
            BinaryPrimitives.WriteUInt64LittleEndian(variant[16..], MatchBits);
        switch (Type)
        {
            case LNetMessageType.Ack:
                BinaryPrimitives.WriteUInt32LittleEndian(variant[24..], Length);
                break;
            case LNetMessageType.Put:
                BinaryPrimitives.WriteUInt64LittleEndian(variant[24..], HeaderData);
                BinaryPrimitives.WriteUInt32LittleEndian(variant[32..], Portal);
                BinaryPrimitives.WriteUInt32LittleEndian(variant[36..], Offset);
                break;
            case LNetMessageType.Get:
                BinaryPrimitives.WriteUInt32LittleEndian(variant[24..], Portal);
                BinaryPrimitives.WriteUInt32LittleEndian(variant[28..], Offset);
                BinaryPrimitives.WriteUInt32LittleEndian(variant[32..], Length);
                break;
            default:
                break;
        }
    }
}
