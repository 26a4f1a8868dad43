using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ldlm.Client;

/// <summary>
/// Locks that are given up and whose cancels ride on another request (early lock cancel, ELC): already flushed, not yet
/// told to the server. <c>cancels.Reserve(request)</c> before the first field is set, <c>cancels.Pack(request)</c>
/// before it is sent. Whatever was not packed is sent on its own when disposed.
/// </summary>
public sealed class LockCancels : IDisposable
{
    public int Count => 0;

    /// <summary>Makes room in the request's DLM_REQ.</summary>
    public void Reserve(PtlrpcRequest request) => throw new NotSupportedException();

    /// <summary>Writes the handles into the request's DLM_REQ (not for an enqueue, which does so itself).</summary>
    public void Pack(PtlrpcRequest request) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
