using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Mgs.Logs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mgs;

// Parameters, and what is read besides logs: mgs_config_read, mgs_set_param.
public sealed partial class MgsTarget
{
    const int MaxUnitBits = 12;                     // a unit is a page at most
    const int MaxConfigBytes = 1 << 20;             // PTLRPC_MAX_BRW_SIZE of an MGS

    /// <summary><c>lctl conf_param</c>: a parameter of one file system or target, in its logs:
    /// <c>lustre-OST0000.osc.max_dirty_mb=32</c>. Without a value it is taken back.</summary>
    /// <returns>EINVAL for what is no such parameter or names no known target; EPERM; ENOENT.</returns>
    public async ValueTask<Errno> ConfParamAsync(string parameter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        string fsName;
        Errno error;
        using (_lock.Enter())
            error = ParameterLogs.SetConfParam(_logs, FindFsOf, parameter, out fsName);
        if (error == Errno.OK)
            error = await _store.SyncAsync(cancel);
        if (fsName.Length > 0)
            Revoke(fsName, MgsConfigType.Config);
        return error;
    }

    /// <summary><c>lctl set_param -P</c>: a parameter of every node, in the log <c>params</c>. Without a value it is
    /// taken back.</summary>
    public async ValueTask<Errno> SetParamAsync(string parameter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        Errno error;
        using (_lock.Enter())
        {
            FsDb fs = FindOrAddFs(ParamsLog);
            error = new ParameterLogs(_logs, fs).SetEverywhere(parameter, _fileSystems.Keys);
        }
        if (error == Errno.OK)
            error = await _store.SyncAsync(cancel);
        Revoke(ParamsLog, MgsConfigType.Params);
        return error;
    }

    FsDb? FindFsOf(string name) => _fileSystems.GetValueOrDefault(name) is { IsEmpty: false } fs ? fs : null;

    /// <summary>A client may ask, but only a few things, and nothing is done: parameters are set on the MGS.</summary>
    static ValueTask<Errno> SetInfoAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.MgsSendParam, MessageSide.Request, out MgsSendParam parameter))
            return new(Errno.EPROTO);
        string text = parameter.Param.ToString();
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        bool isStriping = dot >= 0 && text[(dot + 1)..].Split('=')[0] is
            "lov.stripesize" or "lov.stripecount" or "lov.stripeoffset";
        if (!isStriping)
            return new(Errno.EINVAL);
        request.Capsule.Set(Rmf.MgsSendParam, MessageSide.Reply, parameter);
        return new(Errno.OK);
    }

    ValueTask<Errno> ConfigReadAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.MgsConfigBody, MessageSide.Request, out MgsConfigBody body))
            return new(Errno.EPROTO);
        return body.Type switch
        {
            MgsConfigType.Recover => ReadRecoverTableAsync(request, body),
            MgsConfigType.Nodemap => ReadNodemapAsync(request, body),
            MgsConfigType.Config => new(Errno.EOPNOTSUPP),
            _ => new(Errno.EINVAL),
        };
    }

    /// <summary>The table of imperative recovery (mgs_get_ir_logs).</summary>
    async ValueTask<Errno> ReadRecoverTableAsync(ServerRequest request, MgsConfigBody body)
    {
        string name = body.Name.ToString();
        int dash = name.LastIndexOf('-');
        // The kernel's clients cut the name off at a length that may take its last letter.
        if (dash <= 0 || !(name[dash..].StartsWith("-clii", StringComparison.Ordinal)
                || name[dash..].StartsWith("-mdti", StringComparison.Ordinal)))
            return Errno.EINVAL;
        if (body.Bits is 0 or > 20 || (ulong)body.Units << body.Bits > MaxConfigBytes)
            return Errno.EINVAL;
        int unitSize = 1 << Math.Min((int)body.Bits, MaxUnitBits);
        int unitCount = (int)(((ulong)body.Units << body.Bits) / (ulong)unitSize);
        Result<byte[]> table;
        MgsConfigRes result;
        using (_lock.Enter())
        {
            if (FindFsOf(name[..dash]) is not { } fs)
                return Errno.ENOENT;
            table = fs.Nids.Read(body.Offset, body.NodemapPassOrNidSize, unitSize, unitCount, out result);
        }
        if (table.Failed)
            return table.Error;
        request.Capsule.Set(Rmf.MgsConfigRes, MessageSide.Reply, result);
        return await SendAsync(request, table.Value);
    }

    /// <summary>There are no nodemaps: an index page that says so.</summary>
    ValueTask<Errno> ReadNodemapAsync(ServerRequest request, MgsConfigBody body) => new(Errno.EOPNOTSUPP);

    /// <summary>Nothing is sent too: the client waits for it.</summary>
    async ValueTask<Errno> SendAsync(ServerRequest request, byte[] bytes)
    {
        using PooledBuffer buffer = _node.Context.Buffers.Take(Math.Max(bytes.Length, 1));
        bytes.CopyTo(buffer.Span);
        using ServerBulk bulk = request.NewBulk(BulkType.PutSource, Portals.MGS_BULK_PORTAL);
        Errno error = bytes.Length == 0 ? Errno.OK : bulk.Memory.Add(buffer.Slice(0, bytes.Length));
        return error == Errno.OK ? await bulk.RunAsync() : error;
    }
}
