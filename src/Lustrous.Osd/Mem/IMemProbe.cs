namespace Lustrous.Osd.Mem;

/// <summary>What is looked for in a <see cref="MemTree{TEntry}"/>.</summary>
interface IMemProbe<in TEntry>
{
    /// <summary>Orders most entries by itself.</summary>
    ulong Key { get; }

    /// <summary>Among entries of the same key: below 0 when this comes before <paramref name="entry"/>.</summary>
    int CompareTo(TEntry entry);
}
