namespace Lustrous.Obdclass.Storage;

/// <summary>Modes of fallocate(2) that a device knows.</summary>
[Flags]
public enum DtFallocateModes
{
    /// <summary>Reserve, and move the size where the range goes beyond.</summary>
    None = 0,
    KeepSize = 0x01,

    /// <summary>Only with KeepSize.</summary>
    PunchHole = 0x02,
    CollapseRange = 0x08,
    ZeroRange = 0x10,
    InsertRange = 0x20,
}
