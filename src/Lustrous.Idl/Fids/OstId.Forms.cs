namespace Lustrous.Idl.Fids;

/// <summary>From an OST object's old name to its FID and back.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_ostid.h, lustre/include/lustre_fid.h.</remarks>
public readonly partial record struct OstId
{
    bool IsOldForm => SecondWord == FidSeq.OST_MDT0;

    bool IsDefault => SecondWord == FidSeq.LOV_DEFAULT;

    /// <summary><c>ostid_seq</c>: the group; an IDIF is MDT0000's.</summary>
    public ulong Sequence => IsOldForm ? FidSeq.OST_MDT0
        : IsDefault ? FidSeq.LOV_DEFAULT
        : FidView.IsIdif ? FidSeq.OST_MDT0
        : FidView.Sequence;

    /// <summary><c>ostid_id</c>: the number within the group.</summary>
    public ulong Id => IsOldForm ? FirstWord & Fid.MaxIdifObjectId
        : IsDefault ? FirstWord
        : FidView.IsIdif ? new Fid(FidView.Sequence, FidView.ObjectId).IdifObjectId
        : FidView.ObjectId;

    /// <summary><c>ostid_to_fid</c>: old names become IDIFs, FIDs stay.</summary>
    /// <param name="ostIndex">Of the OST that has the object, up to 65535.</param>
    /// <returns><c>EBADF</c> for an index, number or version out of bounds, and for the default name.</returns>
    public Result<Fid> ToFid(uint ostIndex)
    {
        if (ostIndex > 0xFFFF || IsDefault)
            return Errno.EBADF;
        if (Sequence == FidSeq.OST_MDT0)
            return Fid.FromIdif(Id, ostIndex);
        return FidView.Version != 0 ? Errno.EBADF : FidView;
    }

    /// <summary><c>fid_to_ostid</c>: IDIFs become old names, FIDs stay.</summary>
    /// <returns><c>EBADF</c>: an IGIF is no OST object.</returns>
    public static Result<OstId> FromFid(Fid fid)
    {
        if (fid.IsIgif)
            return Errno.EBADF;
        if (!fid.IsIdif)
            return new OstId(fid);
        return fid.IdifObjectId > Fid.MaxIdifObjectId
            ? Errno.EBADF
            : FromIdAndSequence(fid.IdifObjectId, FidSeq.OST_MDT0);
    }

    /// <summary>Group and number, <c>0x240000401:2</c>.</summary>
    public override string ToString() => Sequence == 0 ? $"0:{Id}" : $"0x{Sequence:x}:{Id}";

    /// <returns><c>EINVAL</c> when the text is no such pair, or the number does not fit its group.</returns>
    public static Result<OstId> Parse(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        if (colon <= 0 || !Fid.TryParseHex(text[..colon], ulong.MaxValue, out ulong sequence)
            || !ulong.TryParse(text[(colon + 1)..], System.Globalization.NumberStyles.None, null, out ulong id))
            return Errno.EINVAL;
        if (sequence is FidSeq.OST_MDT0 or FidSeq.LOV_DEFAULT)
            return sequence == FidSeq.OST_MDT0 && id > Fid.MaxIdifObjectId
                ? Errno.EINVAL
                : FromIdAndSequence(id, sequence);
        // An object number of 0 would make the second word that of the old form (ostid_set_seq).
        return id is 0 or > uint.MaxValue ? Errno.EINVAL : new OstId(new Fid(sequence, (uint)id));
    }
}
