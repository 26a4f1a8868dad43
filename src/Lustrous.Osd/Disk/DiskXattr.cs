namespace Lustrous.Osd.Disk;

/// <summary>An extended attribute; never changed.</summary>
sealed class DiskXattr(byte[] name, byte[] value)
{
    public readonly byte[] Name = name;
    public readonly byte[] Value = value;

    /// <summary>What it is accounted with.</summary>
    public int Cost => Name.Length + Value.Length + DiskDevice.XattrOverhead;
}
