using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Mdc;

/// <summary>Client of one MDT: its import, its locks and all requests to it (<c>mdc</c>).</summary>
public sealed partial class MdcDevice : IAsyncDisposable
{
    public MdcDevice(PtlrpcNode node, MdcOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
    }

    public MdcOptions Options { get; }

    public int Index => Options.Index;

    /// <summary>The connection.</summary>
    public Import Import { get; private set; } = null!;

    /// <summary>Begins to connect; requests wait for it.</summary>
    public void Connect()
    {
    }

    /// <summary>Gives locks back and disconnects, bounded in time.</summary>
    public ValueTask DisposeAsync() => default;
}
