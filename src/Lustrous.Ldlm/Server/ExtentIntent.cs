namespace Lustrous.Ldlm.Server;

/// <summary>
/// The intent policy of an OST (ofd_intent_policy): a client that only wants to know an object's size gets a PR lock if
/// nobody is in the way, else what the writer behind the known end tells, and no lock.
/// </summary>
public static class ExtentIntent
{
    public static ValueTask<Errno> GlimpseAsync(ServerEnqueue enqueue, CancellationToken cancel) =>
        throw new NotSupportedException();
}
