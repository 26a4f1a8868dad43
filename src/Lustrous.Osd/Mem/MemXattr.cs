namespace Lustrous.Osd.Mem;

/// <summary>An extended attribute; never changed.</summary>
sealed class MemXattr(byte[] name, byte[] value)
{
    public readonly byte[] Name = name;
    public readonly byte[] Value = value;

    public int Cost => Name.Length + Value.Length;
}
