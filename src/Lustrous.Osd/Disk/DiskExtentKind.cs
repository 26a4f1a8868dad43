namespace Lustrous.Osd.Disk;

/// <summary>Where blocks of a body are kept.</summary>
enum DiskExtentKind : byte
{
    Hole = 0,

    /// <summary>Room is taken, nothing is written: zeros.</summary>
    Reserved = 1,

    /// <summary>In the store.</summary>
    Inline = 2,

    /// <summary>In the object's file.</summary>
    File = 3,
}
