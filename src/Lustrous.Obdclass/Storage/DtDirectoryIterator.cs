namespace Lustrous.Obdclass.Storage;

/// <summary>Goes through a directory in order of hash (<c>struct dt_it</c>). Pooled: dispose it.</summary>
public abstract class DtDirectoryIterator : IDisposable
{
    /// <summary>On to the next name; false at the end.</summary>
    public abstract bool MoveNext();

    /// <summary>Position of the current name: below 2^63 − 2^32, so that clients that use the upper 31 bits only find
    /// it
    /// too. Names of one hash are next to each other.</summary>
    public abstract ulong Hash { get; }

    /// <summary>Until the next <see cref="MoveNext"/>.</summary>
    public abstract ReadOnlySpan<byte> Name { get; }

    public abstract DtEntry Entry { get; }

    /// <summary>EIO: names are missing, because they cannot be read.</summary>
    public virtual Errno Error => Errno.OK;

    public abstract void Dispose();
}
