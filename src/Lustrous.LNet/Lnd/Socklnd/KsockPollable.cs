namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// A descriptor that a scheduler watches. Everything here belongs to the scheduler's thread, unless it says
/// otherwise.
/// </summary>
abstract class KsockPollable(KsockSched sched)
{
    /// <summary>Whose thread reads from it.</summary>
    public KsockSched Sched { get; } = sched;

    /// <summary>Its place in the scheduler's table; −1 while it is not watched.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Links what has commands waiting; guarded by the scheduler's lock.</summary>
    public KsockPollable? NextCommanded { get; set; }

    /// <summary>Orders given by other threads and not yet carried out; changed with Interlocked.</summary>
    public int Commands;

    /// <summary>The descriptor became readable or writable (once for each such change: edge-triggered).</summary>
    public abstract void OnEvents(uint events);

    /// <summary>Goes on where <see cref="KsockSched.RunAgain"/> interrupted, so that others had a turn.</summary>
    public abstract void OnTurn();

    public abstract void OnCommands(int commands);
}
