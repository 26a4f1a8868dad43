namespace Lustrous.Idl.Mgs;

/// <summary>Bits of <c>mti_flags</c> that only travel: what a target wants of MGS_TARGET_REG.</summary>
/// <remarks>Source: lustre/include/lustre_disk.h.</remarks>
public static class MgsTargetOperations
{
    /// <summary>It starts: its logs are written where they are not (<c>LDD_F_OPC_REG</c>).</summary>
    public const LddFlags Register = (LddFlags)0x10000000;

    /// <summary><c>LDD_F_OPC_UNREG</c></summary>
    public const LddFlags Unregister = (LddFlags)0x20000000;

    /// <summary>It takes clients now: those that knew it may come back (<c>LDD_F_OPC_READY</c>).</summary>
    public const LddFlags Ready = (LddFlags)0x40000000;

    public const LddFlags Mask = (LddFlags)0xf0000000;

    /// <summary>Its NIDs follow as text (<c>LDD_F_LARGE_NID</c>).</summary>
    public const LddFlags LargeNids = (LddFlags)0x20000;
}
