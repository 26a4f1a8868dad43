namespace Lustrous.Target.Clients;

/// <summary>One client in last_rcvd; <see cref="LastRcvd"/> guards what changes.</summary>
/// <param name="uuid">The client's.</param>
/// <param name="line">Its line.</param>
/// <param name="generation">Names it in reply_data; 0 for a client that has one modification in flight at a
/// time.</param>
public sealed class ClientSlot(string uuid, uint line, uint generation)
{
    volatile bool _isDurable;

    public string Uuid { get; } = uuid;

    public uint Line { get; } = line;

    public uint Generation { get; } = generation;

    /// <summary>Highest transno that it was given.</summary>
    public ulong LastTransno { get; internal set; }

    /// <summary>Its line is on disk: from here on a restart finds it.</summary>
    public bool IsDurable
    {
        get => _isDurable;
        internal set => _isDurable = value;
    }

    /// <summary>Its latest close, and its latest modification else; only where <see cref="Generation"/> is 0.</summary>
    internal ReplyRecord LastClose, Last;

    /// <summary>What it has not said yet that it has the reply of.</summary>
    internal List<ReplyData> Replies { get; } = [];

    /// <summary>It has the reply, and yet it stays: the only place on disk that holds the highest transno.</summary>
    internal ReplyData? Kept { get; set; }

    /// <summary>To be used for the next reply.</summary>
    internal ReplyData? Spare { get; set; }

    /// <summary>Lines of reply_data that were made for it.</summary>
    internal int ReplyLines { get; set; }

    internal bool IsRemoved { get; set; }

    /// <summary>It did not come back in time; guarded by the recovery's lock.</summary>
    internal bool IsGivenUp { get; set; }
}
