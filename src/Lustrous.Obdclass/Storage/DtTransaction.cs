namespace Lustrous.Obdclass.Storage;

/// <summary>Called once when a transaction is durable, in order of commit, on no promised thread, no lock held. EIO:
/// the
/// device stopped committing, and the transaction is lost.</summary>
public delegate void DtCommitCallback(object? state, ulong sequence, Errno status);

/// <summary>
/// One change, whole or not at all on the disk (<c>struct thandle</c>). Declare what takes room; start; change; stop.
/// Pooled: not to be touched after <see cref="Stop"/>, which ends it in any case. One thread at a time.
/// </summary>
/// <remarks>Only what may take room is declared: what removes, or changes in place, is not. Declared room that was not
/// used is free again when it stops. There is no undo: whoever fails after its first change changes back, and stops
/// with
/// an error so that no transno is given.</remarks>
public abstract class DtTransaction
{
    protected enum Phase : byte
    {
        Free,
        Declaring,
        Started,
        Stopping,
        Stopped,
    }

    protected Phase State { get; set; }

    /// <summary>A target's own: see <see cref="IDtTransactionHooks"/>. Set before the start.</summary>
    public IDtTransactionHooks? Hooks { get; set; }

    /// <summary>Belongs to whoever set <see cref="Hooks"/>: the request that the transaction is for.</summary>
    public object? Owner { get; set; }

    /// <summary>Commit as soon as it stops; who has to wait for that calls <see cref="IDtDevice.SyncAsync"/>
    /// (<c>th_sync</c>).</summary>
    public bool IsSync { get; set; }

    public bool IsStarted => State is Phase.Started or Phase.Stopping;

    /// <summary>Its place in the order of commits, from 1; known once it has stopped.</summary>
    public ulong Sequence { get; protected set; }

    /// <summary>Room for objects to be made. ENOSPC.</summary>
    public abstract Errno DeclareCreate(int count = 1);

    /// <summary>Room for names or records: <paramref name="keyLength"/> bytes of name or key each. ENOSPC.</summary>
    public abstract Errno DeclareInsert(int keyLength, int recordLength = 32, int count = 1);

    /// <summary>Room for an extended attribute of up to so many bytes. ENOSPC.</summary>
    public abstract Errno DeclareXattr(int size);

    /// <summary>Room for bytes of a body, as far as there is none yet: for writing and for fallocate. The object need
    /// not
    /// exist. ENOSPC.</summary>
    public abstract Errno DeclareWrite(IDtObject dtObject, long offset, long length);

    /// <summary>Room for what lies in <paramref name="buffers"/> for this object. ENOSPC.</summary>
    public abstract Errno DeclareWrite(IDtObject dtObject, DtBuffers buffers);

    /// <summary>All is declared. EROFS; EIO: the device does not commit any more. Must be stopped even then.</summary>
    public Errno Start()
    {
        Lassert.That(State == Phase.Declaring);
        if (Hooks?.Starting(this) is { } refused and not Errno.OK)
            return refused;
        Errno error = Begin();
        if (error == Errno.OK)
            State = Phase.Started;
        return error;
    }

    /// <summary>Has a callback made when it is durable. Before the stop; none is made where it did not start.</summary>
    public abstract void OnCommit(DtCommitCallback callback, object? state);

    /// <summary>Ends it: after this its changes are on their way to the disk, behind those of every transaction that
    /// stopped before.</summary>
    /// <param name="result">How what it was for ended.</param>
    public void Stop(Errno result = Errno.OK)
    {
        bool isSync = IsSync && State == Phase.Started;
        if (State == Phase.Started && Hooks is { } hooks)
        {
            State = Phase.Stopping;
            hooks.Stopping(this, result);
        }
        else
        {
            Finish();
        }
        Stopped(isSync);
    }

    /// <summary>For hooks: what <see cref="Stop"/> does without them. Bounded, does no I/O, and takes locks of the
    /// device
    /// only, so that a caller may hold its own.</summary>
    public abstract void Finish();

    /// <summary>The device's part of the start.</summary>
    protected abstract Errno Begin();

    /// <summary>After <see cref="Finish"/>, with no lock of the hooks' held: the device may commit. The transaction may
    /// be in use again already: only what never changes of it is good.</summary>
    protected abstract void Stopped(bool isSync);
}

/// <summary>What a target does with every transaction of its own (<c>struct dt_txn_callback</c>): numbers it, and
/// writes
/// the client's last number with it.</summary>
public interface IDtTransactionHooks
{
    /// <summary>Before it starts: declares what <see cref="Stopping"/> will write. Refuses with an error.</summary>
    Errno Starting(DtTransaction transaction);

    /// <summary>After its changes. Calls <see cref="DtTransaction.Finish"/>; whoever numbers transactions does so under
    /// the lock that the numbers are given under, so that their order is that of the commits.</summary>
    void Stopping(DtTransaction transaction, Errno result);
}
