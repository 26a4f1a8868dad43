using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.LNet;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>Names that users, configuration logs and peers write.</summary>
static class TextTargets
{
    [FuzzTarget(
        "Nid.Parse", "Nid.ParseOrAny", "Nid.TryParseIP", "NidRange.Parse", "NidRanges.Parse", "LNetNames.Parse",
        Seeds = SeedKind.Text, AllocationPerByte = 256)]
    public static void NidText(ReadOnlySpan<byte> input)
    {
        string text = Encoding.Latin1.GetString(input);
        if (Nid.Parse(text) is { Failed: false } nid && Nid.Parse(nid.Value.ToString()) != nid)
            throw new InvalidOperationException($"'{text}' is {nid.Value}, which is not itself");
        _ = Nid.ParseOrAny(text);
        _ = NidRange.Parse(text).ToString();
        _ = NidRanges.Parse(text).ToString();
        _ = LNetNames.Parse(text).ToString();
    }

    [FuzzTarget(
        "Fid.Parse", "Fid.TryParseHex", "LuSeqRange.Parse", "OstId.Parse", Seeds = SeedKind.Text,
        AllocationPerByte = 256)]
    public static void FidText(ReadOnlySpan<byte> input)
    {
        string text = Encoding.Latin1.GetString(input);
        if (Fid.Parse(text) is { Failed: false } fid && Fid.Parse(fid.Value.ToString()) != fid)
            throw new InvalidOperationException($"'{text}' is {fid.Value}, which is not itself");
        _ = LuSeqRange.Parse(text).ToString();
        _ = OstId.Parse(text).ToString();
    }
}
