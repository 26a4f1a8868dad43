using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;
using Lustrous.Mgs.Logs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mgs;

// MGS_TARGET_REG: mgs_target_reg of lustre/mgs/mgs_handler.c.
public sealed partial class MgsTarget
{
    const int NidTextSize = 64;             // LNET_NIDSTR_SIZE
    const int MaxNidsOfTarget = 4096;       // more would not be NIDs of one node

    /// <summary>MGS_TARGET_REG, for a target of the same process.</summary>
    /// <remarks>EADDRINUSE when a fresh target wants an index that is taken; ENOENT when a target says it has
    /// registered and nobody knows it; ERANGE; EPROTO.</remarks>
    public async ValueTask<Result<MgsTargetInfo>> RegisterAsync(MgsTargetInfo target, CancellationToken cancel)
    {
        Errno error = Register(ref target, null);
        if (error == Errno.OK)
            error = await _store.SyncAsync(cancel);
        return error == Errno.OK ? target : error;
    }

    async ValueTask<Errno> TargetRegAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.MgsTargetInfo, MessageSide.Request, out MgsTargetInfo info))
            return Errno.EPROTO;
        List<Nid>? nids = null;
        if (request.Export!.Supports(ConnectFlags.MGS_NIDLIST) && (info.Flags & MgsTargetOperations.LargeNids) != 0)
        {
            Result<List<Nid>> read = await ReadNidsAsync(request);
            if (read.Failed)
                return read.Error;
            nids = read.Value;
        }
        // Whoever cannot follow the table of NIDs has no other wish than to register.
        if (!request.Export.Supports(ConnectFlags.IMP_RECOV))
            info.Flags = info.Flags & ~MgsTargetOperations.Mask | MgsTargetOperations.Register;
        if (_node.Context.FailPoints.Check(ObdFail.PauseRegistration))
            await Task.Delay(TimeSpan.FromSeconds(10), _node.Context.Clock, cancel);
        Errno error = Register(ref info, nids);
        if (error == Errno.OK)
            error = await _store.SyncAsync(cancel);
        if (error != Errno.OK)
            info.Flags |= LddFlags.ERROR;
        if (request.PackReply() is var full and not Errno.OK)
            return full;
        request.Capsule.Set(Rmf.MgsTargetInfo, MessageSide.Reply, info);
        return error;
    }

    /// <summary>NIDs as text, behind the target's description or by bulk.</summary>
    async ValueTask<Result<List<Nid>>> ReadNidsAsync(ServerRequest request)
    {
        request.Capsule.Extend(RequestFormats.MgsTargetRegNidlist);
        byte[] bytes = request.Capsule.GetBytes(Rmf.MgsTargetNidlist, MessageSide.Request).ToArray();
        int headerSize = Unsafe.SizeOf<MgsTargetNidList>();
        if (bytes.Length < headerSize)
            return Errno.EPROTO;
        MgsTargetNidList header = MemoryMarshal.Read<MgsTargetNidList>(bytes);
        if (header.NidCount is 0 or > MaxNidsOfTarget)
            return Errno.EPROTO;
        int size = (int)header.NidCount * NidTextSize;
        if ((header.Flags & MgsNidListFlags.IN_BULK) == 0)
        {
            return bytes.Length - headerSize < size
                ? Errno.EPROTO
                : ParseNids(bytes.AsSpan(headerSize, size));
        }
        using PooledBuffer buffer = _node.Context.Buffers.Take(size);
        using ServerBulk bulk = request.NewBulk(BulkType.GetSink, Portals.MGS_BULK_PORTAL);
        Errno error = bulk.Memory.Add(buffer.Slice(0, size));
        if (error == Errno.OK)
            error = await bulk.RunAsync();
        return error == Errno.OK ? ParseNids(buffer.Slice(0, size).Span) : error;
    }

    static Result<List<Nid>> ParseNids(ReadOnlySpan<byte> texts)
    {
        var nids = new List<Nid>();
        for (; texts.Length >= NidTextSize; texts = texts[NidTextSize..])
        {
            Result<Nid> nid = Nid.Parse(MemoryMarshal.Read<Text64>(texts).ToString());
            if (nid.Failed)
                return Errno.EPROTO;
            nids.Add(nid.Value);
        }
        return nids;
    }

    Errno Register(ref MgsTargetInfo raw, List<Nid>? nids)
    {
        Result<TargetInfo> read = TargetInfo.Read(raw, nids);
        if (read.Failed)
            return read.Error;
        TargetInfo target = read.Value;
        LddFlags operation = target.Flags & MgsTargetOperations.Mask;
        if (operation == MgsTargetOperations.Ready)
            return TargetReady(target, ref raw);
        if (operation is not (0 or MgsTargetOperations.Register))
            return Errno.EINVAL;

        Errno error;
        bool changed;
        using (_lock.Enter())
            error = RegisterLocked(target, out changed);
        if (changed)
            Revoke(target.FsName, MgsConfigType.Config);
        if (error != Errno.OK)
            return error;
        raw.Flags = target.Flags;
        raw.StripeIndex = target.Index;
        raw.ServiceName = Text64.From(target.Name);
        raw.Uuid = Text40.From(target.Uuid);
        return Errno.OK;
    }

    Errno RegisterLocked(TargetInfo target, out bool changed)
    {
        changed = false;
        FsDb fs = FindOrAddFs(target.FsName);
        SortedSet<uint> indexes = target.IsMdt ? fs.MdtIndexes : fs.OstIndexes;
        if ((target.Flags & LddFlags.NEED_INDEX) != 0)
            target.Flags |= LddFlags.WRITECONF;
        if ((target.Flags & (LddFlags.WRITECONF | LddFlags.UPDATE)) == 0)
        {
            // It only says that it is there again.
            if (indexes.Contains(target.Index))
                return Errno.OK;
            if (!fs.IsEmpty)
            {
                Log(LogLevel.Error, $"{target.Name} claims to have registered, but this MGS does not know about it");
                return Errno.ENOENT;
            }
            Log(LogLevel.Warning, $"the logs of {fs.Name} have disappeared, writing them anew for {target.Name}");
            target.Flags |= LddFlags.WRITECONF;
        }
        else if ((target.Flags & LddFlags.NO_PRIMNODE) == 0 && RegistersFromFailover(target))
        {
            Log(LogLevel.Warning, $"{target.Name} registers first from a NID that is given as failover, refused");
            return Errno.EADDRNOTAVAIL;
        }
        if (IsRepeat(target, fs))
        {
            NameTarget(target, fs);
            Answer(target);
            return Errno.OK;
        }
        if ((target.Flags & LddFlags.WRITECONF) != 0)
            EraseLogs(target, fs);
        changed = true;
        return WriteLogs(target, fs, indexes);
    }

    /// <summary>The first registration once more, whose answer was lost, or which its target did not live to note: the
    /// same node asks, and the index has never had a target that took clients.</summary>
    static bool IsRepeat(TargetInfo target, FsDb fs) =>
        (target.Flags & (LddFlags.VIRGIN | LddFlags.NEED_INDEX | LddFlags.WRITECONF)) == LddFlags.VIRGIN
        && fs.Registered.TryGetValue((target.IsMdt, target.Index), out RegisteredTarget? known)
        && known.IsSame(UuidOf(target, fs), target.Nids)
        && !fs.Nids.Contains(target.IsMdt, target.Index);

    /// <summary>From now on it only says that it is there again.</summary>
    static void Answer(TargetInfo target)
    {
        target.Flags &= ~(LddFlags.VIRGIN | LddFlags.UPDATE | LddFlags.NEED_INDEX | LddFlags.WRITECONF);
        target.Flags |= LddFlags.REWRITE_LDD;
    }

    static bool RegistersFromFailover(TargetInfo target)
    {
        foreach (IReadOnlyList<Nid> node in target.ToConfigTarget().FailoverNodes)
        {
            if (node.Any(target.Nids.Contains))
                return true;
        }
        return false;
    }

    /// <summary>The first MDT begins anew, for all; another target only for itself.</summary>
    void EraseLogs(TargetInfo target, FsDb fs)
    {
        target.Flags |= LddFlags.UPDATE;
        bool needsIndex = (target.Flags & LddFlags.NEED_INDEX) != 0;
        if (target.IsMdt && target.Index == 0 && !needsIndex)
        {
            foreach (string log in _logs.Names)
            {
                if (log.Contains('-', StringComparison.Ordinal) && log[..log.LastIndexOf('-')] == fs.Name)
                    _logs.Remove(log);
            }
            fs.Generation = 1;
            fs.MdtIndexes.Clear();
            fs.OstIndexes.Clear();
            fs.Registered.Clear();
        }
        else if (!needsIndex)
        {
            _logs.Remove(target.Name);
        }
    }

    /// <summary>Gives the target its index and writes its logs (mgs_write_log_target).</summary>
    Errno WriteLogs(TargetInfo target, FsDb fs, SortedSet<uint> indexes)
    {
        if ((target.Flags & LddFlags.NEED_INDEX) != 0)
        {
            uint free = 0;
            while (indexes.Contains(free))
                free++;
            target.Index = free;
        }
        if (target.Index >= FsDb.MaxIndex)
            return Errno.ERANGE;
        bool isNew = !indexes.Contains(target.Index);
        bool generate = (target.Flags & (LddFlags.VIRGIN | LddFlags.WRITECONF)) != 0;
        if (!isNew && (target.Flags & LddFlags.VIRGIN) != 0 && (target.Flags & LddFlags.WRITECONF) == 0)
        {
            Log(LogLevel.Error, $"{target.Name} requested index {target.Index}, which is in use; --writeconf forces");
            return Errno.EADDRINUSE;
        }
        NameTarget(target, fs);
        Errno error = Errno.OK;
        if (generate)
        {
            var writer = new TargetLogs(_logs, fs);
            ConfigTarget described = target.ToConfigTarget();
            error = target.IsMdt
                ? writer.WriteMdt(described, target.IsFailout)
                : writer.WriteOst(described, target.IsFailout, toUsers: isNew);
        }
        if (error != Errno.OK)
            return error;
        indexes.Add(target.Index);
        if (generate)
            fs.Registered[(target.IsMdt, target.Index)] = new RegisteredTarget(target.Uuid, target.Nids);
        error = WriteParameters(target, fs);
        Answer(target);
        return error;
    }

    static void NameTarget(TargetInfo target, FsDb fs)
    {
        target.Uuid = UuidOf(target, fs);
        target.Name = NameOf(target, fs);
    }

    static string NameOf(TargetInfo target, FsDb fs) =>
        target.IsMdt ? fs.MdtName(target.Index) : fs.OstName(target.Index);

    static string UuidOf(TargetInfo target, FsDb fs) =>
        target.Uuid.Length > 0 ? target.Uuid : ConfigItems.UuidOf(NameOf(target, fs));

    /// <summary>Parameters that the target was made with.</summary>
    Errno WriteParameters(TargetInfo target, FsDb fs)
    {
        var writer = new ParameterLogs(_logs, fs);
        foreach (string parameter in target.Parameters)
        {
            if (!parameter.Contains('=', StringComparison.Ordinal) || ParameterLogs.IsForMount(parameter))
                continue;
            Errno error = writer.SetOfTarget(target.Name, target.IsMdt, parameter);
            if (error is not (Errno.OK or Errno.EEXIST))
                return error;
        }
        return Errno.OK;
    }

    /// <summary>A target takes clients now; those that lost it hear where it is (mgs_ir_update).</summary>
    Errno TargetReady(TargetInfo target, ref MgsTargetInfo raw)
    {
        if (target.Instance == 0)
            return Errno.EINVAL;
        int others = ClientsWithoutRecovery;
        bool isDisabled;
        Errno error;
        using (_lock.Enter())
        {
            FsDb fs = FindOrAddFs(target.FsName);
            isDisabled = fs.IsRecoveryDisabled;
            fs.Nids.Update(target.IsMdt, target.Index, target.Instance, target.Nids);
            error = _store.SaveTable(fs.Name, fs.Nids.Save());
        }
        if (error != Errno.OK || isDisabled)
            return error;
        // Where all clients are told, a target need not wait long for them.
        if (others == 0)
            raw.Flags |= LddFlags.IR_CAPABLE;
        Revoke(target.FsName, MgsConfigType.Recover);
        return Errno.OK;
    }
}
