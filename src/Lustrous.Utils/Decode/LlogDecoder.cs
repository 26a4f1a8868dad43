using System.Runtime.CompilerServices;
using Lustrous.Idl.Config;
using Lustrous.Idl.Llog;

namespace Lustrous.Utils.Decode;

/// <summary>A block of an llog: records one after another, then room.</summary>
static class LlogDecoder
{
    public static void DecodeBlock(ref PartReader reader)
    {
        int head = Unsafe.SizeOf<LlogRecHdr>(), tail = Unsafe.SizeOf<LlogRecTail>();
        for (int i = 0; reader.PeekUInt32() is var length && length >= head + tail && length <= reader.Rest.Length; i++)
        {
            var record = new PartReader(reader.Rest[..(int)length], reader.Swabbed);
            record.Struct("header", out LlogRecHdr header);
            int bodyLength = (int)length - head - tail;
            var body = new PartReader(record.Rest[..bodyLength], reader.Swabbed);
            DecodeBody(ref body, header.Type);
            record.Add(new GroupPart("body", body.Finish()));
            record.Struct<LlogRecTail>("tail");
            reader.Add(new GroupPart($"record[{i}]", record.Finish()));
        }
    }

    static void DecodeBody(ref PartReader body, LlogRecordType type)
    {
        switch (type)
        {
            case LlogRecordType.OBD_CFG_REC:
                DecodeConfig(ref body);
                break;
            case LlogRecordType.LLOG_LOGID_MAGIC:
                if (body.Struct<LlogLogid>("logid"))
                    body.Bytes("padding", body.Rest.Length);
                break;
            case LlogRecordType.LLOG_PAD_MAGIC:
                break;
            default:
                body.Bytes(type.ToString(), body.Rest.Length);
                break;
        }
    }

    static void DecodeConfig(ref PartReader body)
    {
        const int MaxBuffers = 32;
        if (!body.Struct("lustre_cfg", out LustreCfg config) || config.BufferCount > MaxBuffers)
            return;
        int table = (int)config.BufferCount * sizeof(uint);
        if (body.Rest.Length < table)
            return;
        Span<uint> lengths = stackalloc uint[MaxBuffers];
        for (int i = 0; i < config.BufferCount; i++)
            lengths[i] = body.PeekUInt32(4 * i);
        body.UInt32s("buflens", (int)config.BufferCount);
        body.Align(0);
        for (int i = 0; i < config.BufferCount && lengths[i] <= body.Rest.Length; i++)
        {
            int length = (int)lengths[i];
            if (length == 0)
                continue;
            if (config.Command == LcfgCommand.MARKER && i == 1 && length == Unsafe.SizeOf<CfgMarker>())
                body.Struct<CfgMarker>("marker");
            else if (body.Rest[..length].ContainsAnyInRange((byte)1, (byte)31))
                body.Bytes($"buf{i}", length);
            else
                body.Text($"buf{i}", length);
            body.Align(0);
        }
    }
}
