using System.Runtime.CompilerServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Update;

namespace Lustrous.Utils.Decode;

/// <summary>What LNet carries besides messages: bulk, pings and the pushes of discovery.</summary>
static class PayloadDecoder
{
    const int PageSize = 4096;

    /// <param name="opcode">Of the request that the bulk belongs to; 0 when that is not in the capture.</param>
    public static Part DecodeBulk(ReadOnlySpan<byte> payload, uint opcode)
    {
        var reader = new PartReader(payload, swabbed: false);
        switch (opcode)
        {
            case (uint)MdsOpcode.Readpage:
                while (reader.Rest.Length >= PageSize)
                    DecodeDirPage(ref reader);
                break;
            case (uint)MdsOpcode.Batch:
                BatchDecoder.DecodeRequests(ref reader);
                break;
            case (uint)OutOpcode.Update when reader.PeekUInt32() == UpdateRequestMagic:
                UpdateDecoder.DecodeUpdates(ref reader);
                break;
            case (uint)MgsOpcode.ConfigRead:
                DecodeNidTable(ref reader);
                break;
        }
        if (reader.Rest.Length > 0)
            reader.Bytes("data", reader.Rest.Length);
        return new GroupPart("bulk", reader.Parts);
    }

    public static Part DecodePing(ReadOnlySpan<byte> payload)
    {
        var reader = new PartReader(payload, swabbed: false);
        if (reader.Struct("ping_info", out LNetPingInfo info))
        {
            reader.Structs<LNetNiStatus>("ni", (int)Math.Min(info.NiCount, 1024));
            // Large NIDs follow, where both sides know them.
            reader.Bytes("large_nis", reader.Rest.Length);
        }
        return new GroupPart("ping", reader.Finish());
    }

    const uint UpdateRequestMagic = 0xBDDE0003;         // UPDATE_REQUEST_MAGIC_V2

    static void DecodeDirPage(ref PartReader reader)
    {
        var page = new PartReader(reader.Rest[..PageSize], reader.Swabbed);
        page.Struct("dirpage", out LuDirPage head);
        int headSize = Unsafe.SizeOf<LuDirent>();
        bool more = (head.Flags & DirpageFlags.EMPTY) == 0;
        for (int i = 0; more && page.Rest.Length >= headSize; i++)
        {
            var entry = new PartReader(page.Rest, reader.Swabbed);
            entry.Struct("dirent", out LuDirent dirent);
            int recordLength = dirent.RecordLength == 0 ? headSize + dirent.NameLength : dirent.RecordLength;
            if (recordLength < headSize + dirent.NameLength || recordLength > page.Rest.Length)
                break;
            entry = new PartReader(page.Rest[..recordLength], reader.Swabbed);
            entry.Struct<LuDirent>("dirent");
            entry.Text("name", dirent.NameLength);
            entry.Bytes("attrs", entry.Rest.Length);
            page.Add(new GroupPart($"entry[{i}]", entry.Parts));
            more = dirent.RecordLength != 0;
        }
        page.Bytes("rest", page.Rest.Length);           // memory of the server, not cleared
        reader.Add(new GroupPart("page", page.Parts));
    }

    static void DecodeNidTable(ref PartReader reader)
    {
        int head = Unsafe.SizeOf<MgsNidTableEntry>();
        for (int i = 0; reader.Rest.Length >= head; i++)
        {
            var entry = new PartReader(reader.Rest, reader.Swabbed);
            entry.Struct("entry", out MgsNidTableEntry value);
            if (value.Length < head || value.Length > reader.Rest.Length)
                return;
            entry = new PartReader(reader.Rest[..(int)value.Length], reader.Swabbed);
            entry.Struct<MgsNidTableEntry>("entry");
            if (value.NidType == 0)
                entry.Structs<Nid4>("nid");
            else
                entry.Structs<Nid>("nid");
            entry.Bytes("rest", entry.Rest.Length);
            reader.Add(new GroupPart($"nidtbl[{i}]", entry.Parts));
        }
    }
}
