namespace Lustrous.Osd.Disk;

/// <summary>Blocks of an I/O that lie together in the object's file.</summary>
/// <param name="Piece">Which piece of the memory they are in.</param>
/// <param name="Block">Where in the body.</param>
/// <param name="Count">How many.</param>
/// <param name="Physical">Where in the file.</param>
/// <param name="Value">Of the extent, with checksums: the one they are in, or the one they become.</param>
/// <param name="ChecksumIndex">Of the first block among them.</param>
readonly record struct DiskPart(int Piece, long Block, int Count, long Physical, byte[] Value, int ChecksumIndex);
