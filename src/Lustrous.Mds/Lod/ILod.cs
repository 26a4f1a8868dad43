using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Lod;

/// <summary>
/// Layouts of files: which objects on which OSTs. Mdd asks for one before its transaction begins, puts it into the
/// transaction with the file, and tells of files that go or change owner.
/// </summary>
/// <remarks>
/// The order for a create: <see cref="ChooseAsync"/> (may wait for an OST), Begin, the caller's own declarations and
/// <see cref="DeclareCreate"/>, Start, <see cref="Create"/> along with the file's <c>trusted.lov</c> =
/// <see cref="LodLayout.Ea"/>, Stop. If it comes to nothing: <see cref="Discard"/>. For an unlink of the last link that
/// nobody has open, with the file's <c>trusted.lov</c>: <see cref="DeclareChange"/>, <see cref="Destroy"/>; the objects
/// go when the transaction has been committed. Source: lustre/lod/lod_object.c, lod_qos.c, lod_lov.c.
/// </remarks>
public interface ILod
{
    /// <summary>What files get when neither they nor their directory ask for anything.</summary>
    LovUserEa Default { get; }

    /// <summary>Chooses OSTs for a new file and reserves an object on each.</summary>
    /// <param name="file">The new file.</param>
    /// <param name="wanted">Its setstripe EA as the client sent it (RMF_EADATA); empty for none.</param>
    /// <param name="inherited">The parent directory's <c>trusted.lov</c>; empty for none. The root's stands in for a
    /// directory that has none, which is the caller's business.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>EINVAL for an EA that is none or asks for what cannot be; ENOSPC when no OST has room; EAGAIN,
    /// ETIMEDOUT when none can be reached now.</returns>
    ValueTask<Result<LodLayout>> ChooseAsync(
        Fid file, ReadOnlyMemory<byte> wanted, ReadOnlyMemory<byte> inherited, CancellationToken cancel);

    /// <summary>Reserves objects for what a part of a file in several components has none of yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="lov">Its <c>trusted.lov</c>, a composite one.</param>
    /// <param name="extent">The part that is to be written.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>The new layout of the whole file; errors as above, EIO for a layout that is none.</returns>
    ValueTask<Result<LodLayout>> ExtendAsync(
        Fid file, ReadOnlyMemory<byte> lov, LuExtent extent, CancellationToken cancel);

    /// <summary>The layout of a file that was made in the target's former life, and is made again: with the objects
    /// that it had.</summary>
    /// <returns>EINVAL: not a layout with objects on OSTs that are known.</returns>
    Result<LodLayout> Recall(ReadOnlySpan<byte> lov);

    /// <summary>The target waits for the clients of its former life: until <see cref="Recovered"/> nothing is settled
    /// with OSTs about which objects files have, as files may come back.</summary>
    void Recovering();

    /// <summary>Every file that comes back is there.</summary>
    void Recovered();

    /// <summary>The objects go back: the transaction was not made.</summary>
    void Discard(LodLayout layout);

    /// <summary>Room for what <see cref="Create"/> writes.</summary>
    Errno DeclareCreate(DtTransaction transaction, LodLayout layout);

    /// <summary>The objects belong to the file from here on, if the transaction lives. The file's
    /// <c>trusted.lov</c> is the caller's to set.</summary>
    Errno Create(DtTransaction transaction, LodLayout layout);

    /// <summary>Room for what <see cref="Destroy"/> or <see cref="SetOwner"/> writes.</summary>
    /// <param name="transaction">Being declared.</param>
    /// <param name="lov">The file's <c>trusted.lov</c>; empty for a file without objects.</param>
    Errno DeclareChange(DtTransaction transaction, ReadOnlySpan<byte> lov);

    /// <summary>The file ends with this transaction; its objects after the commit.</summary>
    Errno Destroy(DtTransaction transaction, ReadOnlySpan<byte> lov);

    /// <summary>The file gets another owner, group or project: its objects too, after the commit.</summary>
    /// <param name="transaction">Started.</param>
    /// <param name="lov">The file's <c>trusted.lov</c>.</param>
    /// <param name="attributes">Uid, Gid and ProjectId, as far as they are valid.</param>
    Errno SetOwner(DtTransaction transaction, ReadOnlySpan<byte> lov, in DtAttributes attributes);

    /// <summary>Checks a default layout for a directory (<c>lfs setstripe DIR</c>) and gives what to keep as its
    /// <c>trusted.lov</c>; empty means: remove it.</summary>
    /// <returns>EINVAL as above.</returns>
    Result<byte[]> CheckDirectoryDefault(ReadOnlySpan<byte> wanted);
}
