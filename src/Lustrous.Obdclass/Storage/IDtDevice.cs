using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;

namespace Lustrous.Obdclass.Storage;

/// <summary>
/// One device of objects (<c>struct dt_device</c>): what a target keeps its things in. Everything of metadata is
/// synchronous and takes bounded time; bodies are moved in ValueTasks.
/// </summary>
/// <remarks>
/// <para>Thread-safe: each single call is atomic. Whoever needs several calls to be one (look up, then insert) locks by
/// himself, as Lustre does with the object's write lock or an LDLM lock.</para>
/// <para>A change: <see cref="Begin"/>, <c>Declare…</c> whatever takes room, <see cref="DtTransaction.Start"/>, the
/// operations, <see cref="DtTransaction.Stop"/>. Changes are seen at once, and are durable some time later, in the
/// order
/// of Stop, each transaction whole or not at all; then its <see cref="DtTransaction.OnCommit"/> callbacks run.</para>
/// <para>Source: Documentation/osd-api.txt, lustre/include/dt_object.h of lustre-release.</para>
/// </remarks>
public interface IDtDevice : IAsyncDisposable
{
    DtDeviceParameters Parameters { get; }

    /// <summary>How many objects with a body, directory or attributes there are room for, and room itself. Os_state
    /// and os_namelen are filled too; the grant fields are the target's.</summary>
    Errno Statfs(out ObdStatfs statfs);

    /// <summary>A transaction to declare into; ends with <see cref="DtTransaction.Stop"/> in any case.</summary>
    DtTransaction Begin();

    /// <summary>A handle on the object of that FID, whether it exists or not. Handles need not be given back; one of an
    /// object that exists costs nothing.</summary>
    IDtObject Locate(in Fid fid);

    /// <summary>The object of that FID. ENOENT: there is none.</summary>
    Result<IDtObject> Find(in Fid fid);

    /// <summary>All objects, a few at a time; those made or destroyed meanwhile may be among them or not
    /// (<c>dt_otable_features</c>). An EIO among them: some are not, as they cannot be read.</summary>
    IEnumerable<Result<Fid>> ListObjects();

    /// <summary>Memory of one I/O: lent out by <see cref="IDtObject.GetReadBuffersAsync"/> or
    /// <see cref="IDtObject.GetWriteBuffersAsync"/>, pooled, given back by disposing it.</summary>
    DtBuffers NewBuffers();

    /// <summary>Commits now what has been stopped so far, and ends when that is durable and its callbacks have run.
    /// EIO:
    /// the device has stopped committing.</summary>
    ValueTask<Errno> SyncAsync(CancellationToken cancel = default);

    /// <summary>Starts to commit what has been stopped so far, without waiting (<c>dt_commit_async</c>).</summary>
    void CommitSoon();

    /// <summary><see cref="DtTransaction.Sequence"/> of the last transaction that is durable, with all before
    /// it.</summary>
    ulong CommittedSequence { get; }

    /// <summary>Refuses every new transaction with EROFS while set.</summary>
    bool IsReadOnly { get; set; }
}
