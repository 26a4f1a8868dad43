using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Lov;

/// <summary>Whoever caches above a <see cref="LovObject"/>: Llite's inode, and through it the kernel.</summary>
public interface ILovObjectOwner
{
    /// <summary>
    /// Another client wants the range: what the kernel has cached of it must go, dirty pages written back through
    /// <see cref="LovObject.WriteAsync"/> first. Called before the lock is given up; the range is still locked.
    /// </summary>
    /// <param name="start">First byte of the file.</param>
    /// <param name="end">Last byte, <c>ulong.MaxValue</c> for the end of the file.</param>
    ValueTask InvalidateAsync(ulong start, ulong end);

    /// <summary>Size, times and blocks are not known any more; ask <see cref="LovObject.GlimpseAsync"/> again. Must
    /// not block.</summary>
    void AttributesChanged();

    /// <summary>Whose file it is, which OSTs are told with what is written. Takes no lock.</summary>
    LovOwnership Ownership { get; }

    /// <summary>
    /// The layout must change before a write: asks the MDT, and has the object go on with what comes
    /// (<see cref="LovObject.SetLayoutAsync"/>). EROFS and the like; EOPNOTSUPP where there is nobody to ask.
    /// </summary>
    ValueTask<Errno> ChangeLayoutAsync(LayoutIntent wanted, CancellationToken cancel);
}
