using Lustrous.Clients.Osc;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Lov;

/// <summary>All OSTs of a file system as one (<c>lov</c>): the targets by index, as the configuration adds
/// them.</summary>
public sealed class LovDevice
{
    /// <summary>Adds the OSC of an OST (<c>lov_modify_tgts add</c>); EEXIST when the index is taken.</summary>
    public Errno AddTarget(uint index, OscDevice target) => Errno.ENOSYS;

    /// <summary>Takes an OST out; ENOENT. Its OSC is the caller's to dispose.</summary>
    public Errno RemoveTarget(uint index) => Errno.ENOSYS;

    /// <summary>The OSC of an index; null where there is none.</summary>
    public OscDevice? Target(uint index) => null;

    /// <summary>Indexes in use, in order.</summary>
    public IReadOnlyList<uint> Indexes => [];

    /// <summary>
    /// The data of one file. EPROTO, EOPNOTSUPP as <see cref="LovLayout.Parse"/>. A stripe whose OST is not there makes
    /// only I/O on that stripe fail, with EIO.
    /// </summary>
    /// <param name="fid">The file.</param>
    /// <param name="layout">Its layout EA; empty when it has none (yet).</param>
    /// <param name="owner">Whoever caches above.</param>
    public Result<LovObject> Open(Fid fid, ReadOnlySpan<byte> layout, ILovObjectOwner owner) => Errno.ENOSYS;

    /// <summary>Sum of the OSTs; those that do not answer are left out, EIO when none does.</summary>
    public ValueTask<Result<ObdStatfs>> StatfsAsync(CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>Writes all that is dirty of all files (sync(2)); the first error.</summary>
    public ValueTask<Errno> SyncAsync(CancellationToken cancel) => new(Errno.ENOSYS);
}
