using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osc;

// Spare grant goes back when the client has been idle: others may need the room (osc_shrink_grant).
public sealed partial class OscDevice
{
    ITimer? _shrinkTimer;           // guarded by _queueLock
    long _lastBulk;                 // time stamp of the last read or write

    /// <summary>Gives back what a client at rest need not hold, at once: all but what a full set of RPCs takes, then
    /// all but one RPC.</summary>
    public async ValueTask<Errno> ShrinkGrantAsync(CancellationToken cancel)
    {
        long target = (long)MaxRpcBytes * (MaxRpcsInFlight + 1);
        if (Grant.Available <= target)
            target = MaxRpcBytes;
        long spare = Grant.TakeSpare(target);
        if (spare == 0)
            return Errno.OK;
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.OstSetGrantInfo);
        var attributes = new Obdo { Valid = MdtValid.FLFLAGS, Flags = ObdoFlags.SHRINK_GRANT };
        GrantStamp announced = Grant.Announce(ref attributes, WantedGrant);
        attributes.Grant = (ulong)spare;
        request.SetSize(Rmf.SetinfoKey, "grant_shrink\0"u8.Length);
        request.SetBytes(Rmf.SetinfoKey, "grant_shrink\0"u8);
        request.Set(Rmf.OstBody, new OstBody { Attributes = attributes });
        Errno status = await request.SendAsync(cancel);
        // Unanswered, the OST may have taken it; the next connection settles that.
        if (request.ReplyStatus != 0 || request.Attempts == 0)
            Grant.GiveBack(spare, announced);
        else if (status == Errno.OK && request.Get(Rmf.OstBody) is { Failed: false } reply)
            Grant.Receive(reply.Value.Attributes, announced);       // what the OST would not take
        return status;
    }

    void NoteBulk() => Volatile.Write(ref _lastBulk, Node.Context.Clock.GetTimestamp());

    void StartShrinking()
    {
        if (!Import.Supports(ConnectFlags.GRANT_SHRINK))
            return;
        using (_queueLock.Enter())
        {
            if (_isStopped || _shrinkTimer is not null)
                return;
            _shrinkTimer = Node.Context.Clock.CreateTimer(
                static state => ((OscDevice)state!).ShrinkIfIdle(), this, Options.GrantShrinkInterval,
                Options.GrantShrinkInterval);
        }
    }

    void ShrinkIfIdle()
    {
        TimeSpan idle = Node.Context.Clock.GetElapsedTime(Volatile.Read(ref _lastBulk));
        if (idle >= Options.GrantShrinkInterval && Import.State == ImportState.Full && Grant.Available > MaxRpcBytes)
            Spawn(IgnoreAsync(ShrinkGrantAsync(default)));
    }

    static async ValueTask IgnoreAsync(ValueTask<Errno> call) => _ = await call;
}
