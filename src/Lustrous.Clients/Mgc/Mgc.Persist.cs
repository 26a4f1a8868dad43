namespace Lustrous.Clients.Mgc;

// What is asked of an MGS that may be just restarting, or on a bad network: it keeps nothing for a replay, so that a
// request that was under way when the connection broke fails, and others until it is back.
public sealed partial class Mgc
{
    static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>A first request may take longer than <see cref="PersistTime"/> to be given up.</summary>
    const int LeastAttempts = 3;

    /// <summary>For how long an MGS is asked again: as long as most requests have (<c>obd_timeout</c>).</summary>
    TimeSpan PersistTime => TimeSpan.FromSeconds(_node.Options.ObdTimeoutSeconds);

    /// <summary>For how long a first connection is waited for: each address has a chance, one of them three.</summary>
    TimeSpan ConnectTime =>
        TimeSpan.FromSeconds((Options.Peers.Count + 2) * _node.Options.InitialConnectTimeoutSeconds);

    async ValueTask<Errno> WaitConnectedAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(ConnectTime, _node.Context.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        Errno error = await Import.WaitConnectedAsync(firstTryOnly: false, both.Token);
        if (error != Errno.EINTR || cancel.IsCancellationRequested)
            return error;
        return Import.ConnectError is var why and not Errno.OK ? why : Errno.ETIMEDOUT;
    }

    /// <summary>Repeats what fails with the connection, within a limit.</summary>
    async ValueTask<Errno> PersistAsync(Func<ValueTask<Errno>> attempt, CancellationToken cancel)
    {
        TimeSpan end = _node.Context.Uptime + PersistTime;
        for (int attempts = 1; ; attempts++)
        {
            Errno error = await attempt();
            bool isOver = attempts >= LeastAttempts && _node.Context.Uptime >= end;
            if (!MayPass(error) || cancel.IsCancellationRequested || isOver)
                return error;
            try
            {
                await Task.Delay(s_pause, _node.Context.Clock, cancel);
            }
            catch (OperationCanceledException)
            {
                return Errno.EINTR;
            }
        }
    }

    static bool MayPass(Errno error) => error is Errno.EIO or Errno.ETIMEDOUT or Errno.ENOTCONN or Errno.ENODEV
        or Errno.ESHUTDOWN or Errno.EAGAIN;
}
