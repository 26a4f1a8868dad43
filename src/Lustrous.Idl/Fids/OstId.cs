using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>An object of an OST: either number and sequence as before FIDs, or a FID, in the same 16 bytes.</summary>
/// <remarks>Which of the two is told by the second word: an MDT0 object (sequence 0) is the old form, all else the
/// order of bytes that a FID has. Source: lustre_ostid.h.</remarks>
[WireStruct("ost_id", size: 16, Scalar = true)]
public readonly partial record struct OstId
{
    [WireName("oi")] public readonly ulong FirstWord;       // old form: object number; FID: sequence
    [WireName("oi")] public readonly ulong SecondWord;      // old form: sequence; FID: object number, version

    OstId(ulong firstWord, ulong secondWord) => (FirstWord, SecondWord) = (firstWord, secondWord);

    public OstId(Fid fid) => this = WireBytes.View<Fid, OstId>(in fid);

    /// <summary>The old form, <c>oi.oi_id</c> and <c>oi.oi_seq</c>.</summary>
    public static OstId FromIdAndSequence(ulong id, ulong sequence) => new(id, sequence);

    /// <summary>The bytes as a FID, without asking whether they are one (<c>oi_fid</c>).</summary>
    public Fid FidView => WireBytes.View<OstId, Fid>(in this);

    // Both words are 8 bytes in the old form, the second is two of 4 in a FID (lustre_swab_ost_id).
    public static OstId Swab(in OstId value) => value.SecondWord == 0
        ? new(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value.FirstWord), 0)
        : new(Fid.Swab(value.FidView));
}
