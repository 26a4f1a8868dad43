namespace Lustrous.Obdclass.Storage;

/// <summary>
/// The memory of one I/O, of one or several ranges of one object (<c>struct niobuf_local</c>s): for reading, pages lent
/// by the device; for writing, memory that the network fills and that then becomes the body. Pooled: dispose it when
/// the
/// network has let go of the memory, whether it was committed or not.
/// </summary>
public abstract class DtBuffers : IDisposable
{
    /// <summary>The memory, in the order of the ranges that were added; pieces of any length. Good until disposed, for
    /// writing until committed.</summary>
    public abstract ReadOnlySpan<IoVec> Vectors { get; }

    /// <summary>Bytes in <see cref="Vectors"/>.</summary>
    public abstract int TotalBytes { get; }

    public abstract void Dispose();
}
