namespace Lustrous.Osd.Disk.Store;

/// <summary>What a record of the journal is.</summary>
enum JournalKind : uint
{
    None = 0,

    /// <summary>A <see cref="DiskBatch"/>.</summary>
    Transaction = 1,

    /// <summary>Nothing but a number: all up to it was durable, its data too.</summary>
    Committed = 2,

    /// <summary>The first of a file: how long the file was made, 8 bytes.</summary>
    File = 3,
}
