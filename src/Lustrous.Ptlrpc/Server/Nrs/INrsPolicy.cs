namespace Lustrous.Ptlrpc.Server.Nrs;

/// <summary>
/// Decides in which order waiting requests of one priority are handled (a policy of Lustre's Network Request
/// Scheduler).
/// </summary>
/// <remarks>
/// Called under the service's lock: short, no calls out, no waiting. A policy that fails to hand out what it was given
/// starves clients, so <see cref="Dequeue"/> returns a request whenever <see cref="Count"/> is not zero. Source:
/// lustre/ptlrpc/nrs.c.
/// </remarks>
public interface INrsPolicy
{
    /// <summary>As <c>lctl get_param *.*.nrs_policies</c> shows it: <c>fifo</c>, <c>crrn</c>, <c>orr</c>,
    /// <c>tbf</c>.</summary>
    string Name { get; }

    /// <summary>Requests held.</summary>
    int Count { get; }

    void Enqueue(ServerRequest request);

    /// <summary>The next one, or null when none waits.</summary>
    ServerRequest? Dequeue();

    /// <summary>Takes out one that waits here, because it became urgent.</summary>
    void Remove(ServerRequest request);
}
