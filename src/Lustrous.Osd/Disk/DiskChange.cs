namespace Lustrous.Osd.Disk;

/// <summary>What one transaction did to one object, beside its keys.</summary>
/// <param name="Object">Which.</param>
/// <param name="Dirty">What of it is to be written.</param>
/// <param name="Entries">By how many names or records it grew.</param>
/// <param name="EntryBytes">By how many bytes of those.</param>
readonly record struct DiskChange(DiskObject Object, DiskDirty Dirty, long Entries, long EntryBytes);
