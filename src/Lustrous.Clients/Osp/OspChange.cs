using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Clients.Osp;

/// <summary>What an OST has to be told of an object once the MDT's part is durable (<c>llog_unlink64_rec</c>,
/// <c>llog_setattr64_rec_v2</c>).</summary>
/// <param name="Fid">Of the object.</param>
/// <param name="Valid">0: it goes. Else which of owner, group and project it gets.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="ProjectId">Project.</param>
public readonly record struct OspChange(Fid Fid, MdtValid Valid = 0, uint Uid = 0, uint Gid = 0, uint ProjectId = 0)
{
    public bool IsDestroy => Valid == 0;
}

/// <summary>
/// The list of changes that an OST has not confirmed yet: what is in it after a restart is told again.
/// </summary>
public interface IOspChangeLog
{
    /// <summary>Room for one more.</summary>
    Errno Declare(DtTransaction transaction);

    /// <summary>Adds one with the transaction that causes it, and gives what it is cancelled by.</summary>
    Errno Add(DtTransaction transaction, in OspChange change, out ulong cookie);

    /// <summary>The OST has it on its disk.</summary>
    void Cancel(ulong cookie);

    /// <summary>What was left over from the last life.</summary>
    IReadOnlyList<(OspChange Change, ulong Cookie)> Load();
}

/// <summary>A list that ends with the process.</summary>
public sealed class MemoryOspChangeLog : IOspChangeLog
{
    ulong _lastCookie;
    int _count;

    /// <summary>Not yet confirmed.</summary>
    public int Count => Volatile.Read(ref _count);

    public Errno Declare(DtTransaction transaction) => Errno.OK;

    public Errno Add(DtTransaction transaction, in OspChange change, out ulong cookie)
    {
        cookie = Interlocked.Increment(ref _lastCookie);
        Interlocked.Increment(ref _count);
        return Errno.OK;
    }

    public void Cancel(ulong cookie) => Interlocked.Decrement(ref _count);

    public IReadOnlyList<(OspChange Change, ulong Cookie)> Load() => [];
}
