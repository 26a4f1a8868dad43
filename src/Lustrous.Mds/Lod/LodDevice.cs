using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;

namespace Lustrous.Mds.Lod;

/// <summary>The OSTs of an MDT, and the layouts over them (<c>struct lod_device</c>).</summary>
/// <remarks>Source: lustre/lod/lod_dev.c, lod_qos.c.</remarks>
public sealed partial class LodDevice : ILod, IAsyncDisposable
{
    readonly PtlrpcNode _node;
    readonly IDtDevice _storage;
    readonly LodChoice _choice;
    readonly RankedLock _lock = new(5, "lod_mutex");
    volatile OspDevice[] _osts = [];        // replaced under _lock, by rising index
    volatile bool _isRecovering;

    public LodDevice(PtlrpcNode node, IDtDevice storage, LodOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(options);
        _node = node;
        _storage = storage;
        Options = options;
        _choice = new LodChoice(node.Context.Random, options.QosThresholdPercent, options.QosPriorityFreePercent);
    }

    public LodOptions Options { get; }

    public LovUserEa Default => new() { StripeCount = Options.StripeCount, StripeSize = Options.StripeSize };

    /// <summary>The OSTs, by rising index.</summary>
    public IReadOnlyList<OspDevice> Osts => _osts;

    /// <summary>An OST of the configuration (<c>add_osc</c>): begins to connect. EEXIST: there is one of this
    /// index.</summary>
    public Errno AddOst(uint index, IReadOnlyList<Nid> nids)
    {
        string mdt = $"MDT{Options.MdtIndex:x4}";
        string ost = $"{Options.FileSystemName}-OST{index:x4}";
        var device = new OspDevice(_node, _storage, new OspOptions
        {
            DeviceName = $"{ost}-osc-{mdt}",
            TargetUuid = $"{ost}_UUID",
            ClientUuid = $"{Options.FileSystemName}-{mdt}-mdtlov_UUID",
            Nids = nids,
            OstIndex = index,
            MdtIndex = Options.MdtIndex,
        }, new DtOspChangeLog(_storage, index));
        return Add(device);
    }

    /// <summary>The same, made by the caller.</summary>
    public Errno Add(OspDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (_isRecovering)
            device.WaitForMdt();
        using (_lock.Enter())
        {
            OspDevice[] osts = _osts;
            int at = Array.FindIndex(osts, other => other.Index >= device.Index);
            if (at >= 0 && osts[at].Index == device.Index)
                return Errno.EEXIST;
            at = at < 0 ? osts.Length : at;
            _osts = [.. osts[..at], device, .. osts[at..]];
        }
        return device.Start();
    }

    /// <summary>The OST of an index; null when there is none.</summary>
    public OspDevice? FindOst(uint index)
    {
        foreach (OspDevice ost in _osts)
        {
            if (ost.Index == index)
                return ost;
        }
        return null;
    }

    public void Recovering() => _isRecovering = true;

    public void Recovered()
    {
        _isRecovering = false;
        foreach (OspDevice ost in _osts)
            ost.MdtRecovered();
    }

    public void Discard(LodLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (!layout.IsRecalled)
            GiveBack(layout.Stripes);
    }

    public Errno DeclareCreate(DtTransaction transaction, LodLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Errno status = Errno.OK;
        foreach (LodStripe stripe in layout.Stripes)
        {
            if (status == Errno.OK)
                status = stripe.Ost.DeclareUse(transaction);
        }
        return status;
    }

    public Errno Create(DtTransaction transaction, LodLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Errno status = Errno.OK;
        foreach (LodStripe stripe in layout.Stripes)
        {
            if (status == Errno.OK)
                status = stripe.Ost.Use(transaction, stripe.Fid);
        }
        return status;
    }

    public Errno DeclareChange(DtTransaction transaction, ReadOnlySpan<byte> lov)
    {
        Result<List<LodStripe>> stripes = StripesOf(lov);
        if (stripes.Failed)
            return stripes.Error;
        Errno status = Errno.OK;
        foreach (LodStripe stripe in stripes.Value)
        {
            if (status == Errno.OK)
                status = stripe.Ost.DeclareChange(transaction);
        }
        return status;
    }

    public Errno Destroy(DtTransaction transaction, ReadOnlySpan<byte> lov) =>
        Change(transaction, lov, static fid => new OspChange(fid));

    public Errno SetOwner(DtTransaction transaction, ReadOnlySpan<byte> lov, in DtAttributes attributes)
    {
        MdtValid valid = (attributes.Has(DtValid.Uid) ? MdtValid.FLUID : 0)
            | (attributes.Has(DtValid.Gid) ? MdtValid.FLGID : 0)
            | (attributes.Has(DtValid.ProjectId) ? MdtValid.FLPROJID : 0);
        (uint uid, uint gid, uint projectId) = (attributes.Uid, attributes.Gid, attributes.ProjectId);
        return valid == 0
            ? Errno.OK
            : Change(transaction, lov, fid => new OspChange(fid, valid, uid, gid, projectId));
    }

    public async ValueTask DisposeAsync()
    {
        OspDevice[] osts;
        using (_lock.Enter())
        {
            osts = _osts;
            _osts = [];
        }
        foreach (OspDevice ost in osts)
            await ost.DisposeAsync();
    }

    Errno Change(DtTransaction transaction, ReadOnlySpan<byte> lov, Func<Fid, OspChange> change)
    {
        Result<List<LodStripe>> stripes = StripesOf(lov);
        if (stripes.Failed)
            return stripes.Error;
        Errno status = Errno.OK;
        foreach (LodStripe stripe in stripes.Value)
        {
            if (status == Errno.OK)
                status = stripe.Ost.Add(transaction, change(stripe.Fid));
        }
        return status;
    }

    /// <summary>The objects of a layout that are on OSTs we know; those of others are for repair to find.</summary>
    Result<List<LodStripe>> StripesOf(ReadOnlySpan<byte> lov)
    {
        var stripes = new List<LodStripe>();
        if (lov.IsEmpty)
            return stripes;
        Result<LovOstDataV1[]> objects = ObjectsOf(lov);
        if (objects.Failed)
            return objects.Error;
        foreach (LovOstDataV1 item in objects.Value)
        {
            Result<Fid> fid = item.ObjectId.ToFid(item.Index);
            if (!fid.Failed && FindOst(item.Index) is { } ost)
                stripes.Add(new LodStripe(ost, fid.Value));
        }
        return stripes;
    }

    /// <summary>The objects of a layout, known or not. EIO: it is none.</summary>
    internal static Errno ListObjects(ReadOnlySpan<byte> lov, List<(uint Ost, Fid Fid)> into)
    {
        into.Clear();
        Result<LovOstDataV1[]> objects = ObjectsOf(lov);
        if (objects.Failed)
            return objects.Error;
        foreach (LovOstDataV1 item in objects.Value)
        {
            Result<Fid> fid = item.ObjectId.ToFid(item.Index);
            if (fid.Failed)
                return Errno.EIO;
            into.Add((item.Index, fid.Value));
        }
        return Errno.OK;
    }

    static Result<LovOstDataV1[]> ObjectsOf(ReadOnlySpan<byte> lov)
    {
        if (LovCompositeEa.IsComposite(lov))
        {
            Result<LovCompositeEa> composite = LovCompositeEa.Parse(lov);
            return composite.Failed
                ? Errno.EIO
                : composite.Value.Components.SelectMany(static component => component.Layout.Objects).ToArray();
        }
        Result<LovEa> plain = LovEa.Parse(lov);
        return plain.Failed ? Errno.EIO : plain.Value.Objects.ToArray();
    }

    static void GiveBack(IReadOnlyList<LodStripe> stripes)
    {
        for (int i = stripes.Count - 1; i >= 0; i--)
            stripes[i].Ost.Discard(stripes[i].Fid);
    }
}
