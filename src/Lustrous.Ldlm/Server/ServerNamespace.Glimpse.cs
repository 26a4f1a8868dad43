using Lustrous.Idl.Ldlm;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

// Asking those who may know more, and giving those time who are at work.
public sealed partial class ServerNamespace
{
    /// <summary>
    /// Asks those who may know more than the server (holders of write locks) and updates the value block
    /// (<c>ldlm_glimpse_locks</c>). For the server's own needs; clients' glimpses come through
    /// <see cref="ExtentIntent"/>.
    /// </summary>
    public ValueTask GlimpseAsync(ServerResource resource, CancellationToken cancel) =>
        GlimpseAsync(resource, knownSize: 0, cancel);

    /// <summary>
    /// I/O under a lock goes on: a client that was told to give it back gets its time anew
    /// (<c>ofd_prolong_extent_locks</c>). Cheap when the client has no lock that waits.
    /// </summary>
    /// <param name="export">Whose I/O.</param>
    /// <param name="resource">The object.</param>
    /// <param name="start">First byte.</param>
    /// <param name="end">Last byte.</param>
    /// <param name="modes">Which locks the I/O may run under: PR|PW|GROUP for a read, PW|GROUP for a write.</param>
    /// <returns>Locks that are being taken back and cover some of it.</returns>
    public int ProlongExtent(Export export, in LdlmResId resource, ulong start, ulong end, LockMode modes)
    {
        ArgumentNullException.ThrowIfNull(export);
        if (export.LdlmData is not ExportLocks { Blocked: > 0 } || FindResource(resource) is not { } found
            || found.Type != LockType.Extent)
            return 0;
        var visitor = new ProlongVisitor(this, export);
        using (found.Lock.Enter())
            found.Queues.VisitGranted(modes, start, end, ref visitor);
        return visitor.Count;
    }

    /// <summary>As above, of locks that reach behind <paramref name="knownSize"/>.</summary>
    internal async ValueTask GlimpseAsync(ServerResource resource, ulong knownSize, CancellationToken cancel)
    {
        var visitor = new GlimpseVisitor(knownSize);
        using (resource.Lock.Enter())
        {
            if (resource.Type == LockType.Extent)
                resource.Queues.VisitWritersDown(ref visitor);
        }
        if (visitor.Found is not { } found)
            return;
        // All are asked at once; the answers are waited for one after the other.
        var asked = new Task[found.Count];
        for (int i = 0; i < asked.Length; i++)
            asked[i] = GlimpseOneAsync(found[i], cancel);
        foreach (Task task in asked)
            await task;
    }

    /// <summary>Asks one client what it knows of an object (<c>ldlm_server_glimpse_ast</c>).</summary>
    async Task GlimpseOneAsync(ServerLock held, CancellationToken cancel)
    {
        TimeSpan until = Context.Uptime + LockTimeout;
        while (await AskAsync(held, cancel) && !cancel.IsCancellationRequested)
        {
            if (Context.Uptime >= until)
            {
                Evict(held, "glimpse callback timed out");
                return;
            }
            await Task.Delay(s_retryDelay, Context.Clock, _stopped);
        }
    }

    /// <summary>Says whether to try again.</summary>
    async ValueTask<bool> AskAsync(ServerLock held, CancellationToken cancel)
    {
        using PtlrpcRequest? request = held.Export?.ReverseImport?.NewRequest(RequestFormats.LdlmGlCallback);
        if (request is null || held.IsDestroyed)
            return false;
        request.SetReplySize(Rmf.DlmLvb, held.Resource.IsLvbReady ? Lvb!.Size(held) : 0);
        SetBody(request, new LdlmRequest { Desc = Describe(held) }, held);
        Errno status = await request.SendAsync(cancel);
        if (status == Errno.OK)
        {
            UpdateLvb(held.Resource, request.GetBytes(Rmf.DlmLvb));
            return false;
        }
        if (request.ReplyStatus == -(int)LdlmStatus.NO_LOCK_DATA)
        {
            UpdateLvb(held.Resource, default);      // it has the lock and knows nothing: look at the object
            return false;
        }
        return HandleError(held, request, status, "glimpse");
    }

    ref struct ProlongVisitor(ServerNamespace ns, Export export) : IExtentVisitor<ServerLock>
    {
        readonly ServerNamespace _namespace = ns;
        readonly Export _export = export;

        public int Count { get; private set; }

        public bool Visit(ServerLock item)
        {
            if (ReferenceEquals(item.Holder, _export) && item.IsBlocked)
            {
                Count++;
                _namespace._timers.Set(item, _namespace.LockTimeout, onlyIfWaiting: true);
            }
            return true;
        }
    }

    /// <summary>
    /// Whoever writes behind the known end knows it: the lock that starts last is in use. But not one that was asked
    /// for ahead of any I/O (NO_EXPANSION), so then the next one's holder is asked too (ofd_intent_cb).
    /// </summary>
    ref struct GlimpseVisitor(ulong knownSize) : IExtentVisitor<ServerLock>
    {
        readonly ulong _knownSize = knownSize;

        public List<ServerLock>? Found { get; private set; }

        public bool Visit(ServerLock item)
        {
            if (item.Policy.Extent.End <= _knownSize)
                return false;
            if (item.Holder is null)
                return true;        // the server itself has told the object what it knows
            Found ??= [];
            bool isKnown = false;
            foreach (ServerLock other in Found)
                isKnown |= ReferenceEquals(other.Holder, item.Holder);
            if (!isKnown)
                Found.Add(item);
            return (item.Flags & LockFlags.NO_EXPANSION) != 0;
        }
    }
}
