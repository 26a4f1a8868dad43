namespace Lustrous.Target.Clients;

/// <summary>One client in last_rcvd.</summary>
/// <param name="uuid">The client's.</param>
/// <param name="index">Its line.</param>
/// <param name="cookie">Of its export: a client that reconnects after a restart finds itself by it.</param>
public sealed class ClientSlot(string uuid, int index, ulong cookie)
{
    public string Uuid { get; } = uuid;

    public int Index { get; } = index;

    public ulong Cookie { get; internal set; } = cookie;

    /// <summary>The client's own handle of its import.</summary>
    public ulong RemoteHandle { get; internal set; }

    public ulong LastTransno { get; internal set; }

    public ulong LastXid { get; internal set; }
}
