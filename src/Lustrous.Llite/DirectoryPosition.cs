namespace Lustrous.Llite;

/// <summary>Where a reader of a directory stands: entries of the same hash are told apart by how many of them were
/// given.</summary>
/// <param name="Cookie">Hash of the next entry, as the reader has it.</param>
/// <param name="Skip">Entries of that hash that were given already.</param>
readonly record struct DirectoryPosition(ulong Cookie, int Skip);
