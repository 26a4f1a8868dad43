using System.Globalization;
using System.Text;
using Lustrous.Fuse.Adapter;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.LNet;
using Lustrous.Llite;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Utils.Hosting;

/// <summary>What to mount, and where.</summary>
sealed record FuseMountRequest
{
    public required string MountPoint { get; init; }

    public required string FsName { get; init; }

    public required IReadOnlyList<LNetProcessId> Mgs { get; init; }

    /// <summary>Directory of the file system to mount; empty for the root.</summary>
    public string Fileset { get; init; } = "";

    public bool ReadOnly { get; init; }

    public FileLockScope FileLocks { get; init; }
}

/// <summary>A file system that programs can use: a client, and the kernel's mount above it.</summary>
sealed class FuseMount : IAsyncDisposable
{
    readonly HostNode _node;
    readonly FuseSession _session;

    FuseMount(HostNode node, FuseMountRequest request, ClientMount client, FuseSession session)
    {
        _node = node;
        Request = request;
        Client = client;
        _session = session;
    }

    public FuseMountRequest Request { get; }

    public ClientMount Client { get; }

    /// <summary>How requests come from the kernel.</summary>
    public FuseTransportKind Transport => _session.Transport;

    /// <summary>How many so far.</summary>
    public long Requests => _session.Requests;

    /// <summary>Ends when it was unmounted, by whomever.</summary>
    public Task Completion => _session.Completion;

    /// <summary>Mounts; throws <see cref="HostException"/> with one line for a person.</summary>
    public static async Task<FuseMount> MountAsync(
        HostNode node, FuseMountRequest request, CancellationToken cancel)
    {
        CheckMountPoint(request.MountPoint);
        var cache = new FuseKernelCache();
        Result<ClientMount> client = await ClientMount.MountAsync(node.Lustre, new ClientMountOptions
        {
            FsName = request.FsName,
            Mgs = request.Mgs,
            Fileset = request.Fileset,
            ReadOnly = request.ReadOnly,
            FileLocks = request.FileLocks,
            Kernel = cache,
        }, cancel);
        if (client.Failed)
            throw new HostException(client.Error, Explain(request, client.Error));
        try
        {
            FuseSession session = await FuseSession.MountAsync(new FuseMountOptions
            {
                MountPoint = request.MountPoint,
                FsName = $"{request.Mgs[0].Nid}:/{request.FsName}{request.Fileset}",
                ReadOnly = request.ReadOnly,
                AllowOther = Environment.IsPrivilegedProcess,
                Warn = line => node.Log.Warning("fuse", line),
            }, new LliteFuse(client.Value.Llite, cache));
            AddCounts(node, client.Value, session);
            return new FuseMount(node, request, client.Value, session);
        }
        catch (FuseException e)
        {
            await client.Value.DisposeAsync();
            throw new HostException(e.Error, e.Message);
        }
    }

    public ValueTask<Errno> UnmountAsync(bool lazy) => _session.UnmountAsync(lazy);

    /// <summary>Unmounts for good, also where programs still use it, and whether servers answer or not.</summary>
    public async ValueTask DisposeAsync()
    {
        await Bounded.StopAsync(_node, "FUSE", _session, seconds: 15);
        await Bounded.StopAsync(_node, "the mount", Client, seconds: 15);
    }

    /// <summary>Throws what a person should know before anything is started.</summary>
    public static void CheckMountPoint(string path)
    {
        if (File.Exists(path))
            throw new HostException(Errno.ENOTDIR, $"mount point {path} is a file; name a folder");
        if (!Directory.Exists(path))
            throw new HostException(Errno.ENOENT, $"mount point {path} does not exist; make it with mkdir");
        if (MountTable.Find(path) is { } mounted && mounted.MountPoint == MountTable.Normalize(path)
            && mounted.Type.StartsWith("fuse", StringComparison.Ordinal))
        {
            throw new HostException(
                Errno.EBUSY, $"{mounted.Source} is already mounted on {path}; umount it, or choose another folder");
        }
    }

    /// <summary>How often the kernel has asked: what it keeps costs nothing. Goes with the mount's other parameters.
    /// </summary>
    static void AddCounts(HostNode node, ClientMount client, FuseSession session)
    {
        string mount = $"{client.Llite.Options.FsName}-{client.Llite.Options.Instance}";
        node.Lustre.Parameters.Add(["llite", mount, "fuse_requests"], Parameter.ReadOnly(() =>
        {
            var lines = new StringBuilder();
            foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>())
            {
                if (session.RequestsOf(opcode) is var count and > 0)
                    lines.Append(CultureInfo.InvariantCulture, $"{opcode} {count}\n");
            }
            return lines.ToString();
        }));
    }

    static string Explain(FuseMountRequest request, Errno error)
    {
        string mgs = request.Mgs[0].Nid.ToString();
        return error switch
        {
            Errno.EINVAL =>
                $"the MGS at {mgs} knows no file system '{request.FsName}', or its MDT has not registered yet",
            Errno.ENODEV => $"there is no MGS at {mgs}",
            Errno.ENOENT => $"there is no directory {request.Fileset} in '{request.FsName}'",
            Errno.EINTR => "interrupted",
            Errno.ETIMEDOUT or Errno.ENOTCONN or Errno.EHOSTUNREACH or Errno.ECONNREFUSED or Errno.EIO
                or Errno.EAGAIN =>
                $"the MGS at {mgs}, or an MDT of '{request.FsName}', does not answer ({error})."
                + " Is it running, and are NID and port right?",
            _ => $"'{request.FsName}' of the MGS at {mgs} cannot be mounted: {error}",
        };
    }
}
