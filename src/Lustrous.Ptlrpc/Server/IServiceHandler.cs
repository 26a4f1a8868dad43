namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// What a service does with its requests (<c>struct ptlrpc_service_ops</c>). Called on the thread that received the
/// request or finished another one: it never blocks. What it throws costs that request only.
/// </summary>
public interface IServiceHandler
{
    /// <summary>
    /// Handles one request. The reply is what the handler packed; an error without a packed reply becomes an error
    /// reply. A handler that ends synchronously costs no allocation.
    /// </summary>
    /// <param name="cancel">The service is being stopped.</param>
    /// <returns><c>OK</c>, with <see cref="ServerRequest.Status"/> as <c>pb_status</c>; or an error, negated
    /// there.</returns>
    ValueTask<Errno> HandleAsync(ServerRequest request, CancellationToken cancel);

    /// <summary>Whether a request goes to the high-priority queue (<c>so_hpreq_handler</c>).</summary>
    bool IsHighPriority(ServerRequest request);
}
