namespace Lustrous.Osd.Disk;

/// <summary>Blocks of an object's file, or the whole file, that are given back some time after their
/// transaction.</summary>
/// <param name="Object">Whose; kept in memory until then.</param>
/// <param name="First">Block of the file; -1: the whole file.</param>
/// <param name="Count">Blocks.</param>
readonly record struct DiskFreed(DiskObject Object, long First, long Count)
{
    public bool IsFile => First < 0;
}
