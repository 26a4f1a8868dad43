namespace Lustrous.Osd.Disk;

/// <summary>Blocks of a body that lie together.</summary>
/// <param name="Block">Where in the body.</param>
/// <param name="Count">How many.</param>
/// <param name="Kind">Where they are kept.</param>
/// <param name="Physical">In a file: its block there.</param>
readonly record struct DiskExtent(long Block, int Count, DiskExtentKind Kind, long Physical)
{
    public long End => Block + Count;

    public long PhysicalAt(long block) => Physical + (block - Block);
}
