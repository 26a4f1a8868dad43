namespace Lustrous.Osd.Disk.Store;

/// <summary>Where the last value of a key stands among what goes to the store next, so that the one after it can take
/// its place. Guarded by the object's lock.</summary>
/// <param name="Chunk">Number of the batch; 0: nowhere.</param>
/// <param name="At">Of its first byte.</param>
/// <param name="Length">Bytes.</param>
readonly record struct DiskSlot(ulong Chunk, int At, int Length);
