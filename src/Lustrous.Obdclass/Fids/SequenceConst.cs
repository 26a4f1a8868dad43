namespace Lustrous.Obdclass.Fids;

/// <summary>How large the portions are in which sequences, and FIDs of a sequence, are given out.</summary>
/// <remarks>Source: lustre/include/lustre_fid.h.</remarks>
public static class SequenceConst
{
    /// <summary>FIDs of files in one sequence (<c>LUSTRE_METADATA_SEQ_MAX_WIDTH</c>).</summary>
    public const uint MetadataWidth = 0x20000;

    /// <summary>FIDs of OST objects in one sequence (<c>LUSTRE_DATA_SEQ_MAX_WIDTH</c>).</summary>
    public const uint DataWidth = 0x1FFFFFF;

    /// <summary>Sequences a client gets at a time (<c>LUSTRE_SEQ_META_WIDTH</c>).</summary>
    public const ulong ClientWidth = 1;

    /// <summary>Sequences a server takes from its range at a time (<c>LUSTRE_SEQ_BATCH_WIDTH</c>).</summary>
    public const ulong BatchWidth = 1000;

    /// <summary>Sequences a server gets from the controller at a time (<c>LUSTRE_SEQ_SUPER_WIDTH</c>).</summary>
    public const ulong SuperWidth = 1UL << 30;
}
