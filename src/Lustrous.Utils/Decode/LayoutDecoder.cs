using System.Runtime.CompilerServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;

namespace Lustrous.Utils.Decode;

/// <summary>
/// File and directory layouts: LOV v1 and v3, composite, foreign, LMV. Little endian whoever sent them.
/// </summary>
static class LayoutDecoder
{
    const int MaxDepth = 2;         // a composite holds plain layouts

    public static bool IsLayout(uint magic) => (LovMagic)magic
            is LovMagic.V1 or LovMagic.V3 or LovMagic.COMP_V1 or LovMagic.FOREIGN or LovMagic.SPECIFIC
        || (LmvMagic)magic is LmvMagic.MAGIC_V1 or LmvMagic.USER_MAGIC or LmvMagic.MAGIC_STRIPE;

    public static void Decode(ref PartReader reader, FieldContext context)
    {
        var layout = new PartReader(reader.Rest, swabbed: !BitConverter.IsLittleEndian);
        if (!IsLayout(layout.PeekUInt32()))
        {
            reader.Bytes("value", reader.Rest.Length);
            return;
        }
        DecodeOne(ref layout, MaxDepth);
        foreach (Part part in layout.Parts)
            reader.Add(part);
    }

    static void DecodeOne(ref PartReader reader, int depth)
    {
        uint magic = reader.PeekUInt32();
        switch ((LovMagic)magic)
        {
            case LovMagic.V1 or LovMagic.V3 or LovMagic.SPECIFIC:
                DecodePlain(ref reader, (LovMagic)magic);
                return;
            case LovMagic.COMP_V1 when depth > 1:
                DecodeComposite(ref reader, depth - 1);
                return;
            case LovMagic.FOREIGN:
                if (reader.Struct("foreign", out LovForeignMd foreign))
                    reader.Bytes("value", (int)Math.Min(foreign.Length, (uint)reader.Rest.Length));
                return;
        }
        switch ((LmvMagic)magic)
        {
            case LmvMagic.MAGIC_V1 or LmvMagic.MAGIC_STRIPE:
                if (reader.Struct("lmv", out LmvMdsMdV1 lmv) && lmv.Magic == LmvMagic.MAGIC_V1)
                    reader.Structs<Fid>("stripe", (int)Math.Min(lmv.StripeCount, 2000));
                return;
            case LmvMagic.USER_MAGIC:
                if (reader.Struct("lmv_user", out LmvUserMdV1 _))
                    reader.Structs<LmvUserMdsData>("stripe");
                return;
            default:
                return;
        }
    }

    static void DecodePlain(ref PartReader reader, LovMagic magic)
    {
        ushort stripes;
        if (magic == LovMagic.V1)
        {
            if (!reader.Struct("lov", out LovMdsMdV1 v1))
                return;
            stripes = v1.StripeCount;
        }
        else
        {
            if (!reader.Struct("lov", out LovMdsMdV3 v3))
                return;
            stripes = v3.StripeCount;
        }
        // 0xffff, "all OSTs", in a layout that is asked for and has no objects yet.
        reader.Structs<LovOstDataV1>("object", stripes);
    }

    static void DecodeComposite(ref PartReader reader, int depth)
    {
        ReadOnlySpan<byte> whole = reader.Rest;
        if (!reader.Struct("composite", out LovCompMdV1 composite))
            return;
        List<LovCompMdEntryV1> entries = [];
        for (int i = 0; i < composite.EntryCount && reader.Struct($"entry[{i}]", out LovCompMdEntryV1 entry); i++)
            entries.Add(entry);
        foreach (LovCompMdEntryV1 entry in entries)
        {
            // Blobs stand one after another, in the order of the entries; anything else stays undecoded.
            int at = whole.Length - reader.Rest.Length;
            if (entry.Offset < at || entry.Offset > whole.Length || entry.Size > whole.Length - entry.Offset)
                return;
            if (entry.Offset > at)
                reader.Bytes("gap", (int)entry.Offset - at);
            var inner = new PartReader(reader.Rest[..(int)entry.Size], reader.Swabbed);
            DecodeOne(ref inner, depth);
            reader.Add(new GroupPart("component", inner.Finish()));
        }
    }
}
