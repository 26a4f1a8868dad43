using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Update;

namespace Lustrous.Utils.Decode;

/// <summary>OUT_UPDATE: operations on objects that one MDT asks of another.</summary>
static class UpdateDecoder
{
    public static void DecodeHeader(ref PartReader reader, FieldContext context)
    {
        if (reader.Struct("out_update_header", out OutUpdateHeader header) && header.InlineLength > 0)
            DecodeUpdates(ref reader);
    }

    /// <summary>The updates themselves, inline or by bulk.</summary>
    public static void DecodeUpdates(ref PartReader reader)
    {
        if (!reader.Struct("object_update_request", out ObjectUpdateRequest request))
            return;
        for (int i = 0; i < request.Count; i++)
        {
            var update = new PartReader(reader.Rest, reader.Swabbed);
            if (!update.Struct("object_update", out ObjectUpdate head))
                return;
            for (int p = 0; p < head.ParamCount; p++)
            {
                if (!update.Struct($"param[{p}]", out ObjectUpdateParam param))
                    break;
                update.Bytes("value", (param.Length + 7) & ~7);
            }
            reader.Add(new GroupPart($"update[{i}]", update.Parts));
        }
    }

    public static void DecodeReply(ref PartReader reader, FieldContext context)
    {
        if (!reader.Struct("object_update_reply", out ObjectUpdateReply reply)
            || reader.Rest.Length < reply.Count * sizeof(ushort))
            return;
        ReadOnlySpan<ushort> wire = MemoryMarshal.Cast<byte, ushort>(reader.Rest)[..reply.Count];
        ushort[] lengths = wire.ToArray();
        if (reader.Swabbed)
            BinaryPrimitives.ReverseEndianness(lengths, lengths);
        reader.UInt16s("lens", reply.Count);
        reader.Align(0);
        foreach (ushort length in lengths)
        {
            int padded = Math.Min((length + 7) & ~7, reader.Rest.Length);
            if (padded == 0)
                continue;
            var result = new PartReader(reader.Rest[..padded], reader.Swabbed);
            if (result.Struct("object_update_result", out ObjectUpdateResult head))
                result.Bytes("data", Math.Max(head.DataLength, length - 8));
            reader.Add(new GroupPart("result", result.Finish()));
        }
    }
}
