using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Lustrous.Mds.Lod;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Layouts over OSTs that only exist as numbers, and a book of which objects there are.</summary>
sealed class FakeLod : ILod
{
    uint _next = 1;

    /// <summary>Objects that belong to files.</summary>
    public HashSet<OstId> Live { get; } = [];

    /// <summary>Objects reserved for files that are not made yet.</summary>
    public HashSet<OstId> Reserved { get; } = [];

    /// <summary>What files were given to whom.</summary>
    public List<(uint? Uid, uint? Gid)> Owners { get; } = [];

    /// <summary>Given instead of a layout, if set.</summary>
    public Errno Refusal { get; set; }

    /// <summary>Waited for by each choice, if set: an OST that is slow.</summary>
    public Task? Gate { get; set; }

    /// <summary>Nothing may be settled about objects now.</summary>
    public bool IsRecovering { get; private set; }

    public void Recovering() => IsRecovering = true;

    public void Recovered() => IsRecovering = false;

    public Result<LodLayout> Recall(ReadOnlySpan<byte> lov)
    {
        Result<LovEa> layout = LovEa.Parse(lov);
        return layout.Failed ? layout.Error : new LodLayout(lov.ToArray(), layout.Value.Objects);
    }

    public LovUserEa Default { get; } = new() { StripeSize = 1 << 20, StripeCount = 2 };

    public async ValueTask<Result<LodLayout>> ChooseAsync(
        Fid file, ReadOnlyMemory<byte> wanted, ReadOnlyMemory<byte> inherited, CancellationToken cancel)
    {
        if (Gate is { } gate)
            await gate;
        if (Refusal != Errno.OK)
            return Refusal;
        LovUserEa striping = Default;
        foreach (ReadOnlyMemory<byte> ea in new[] { inherited, wanted })
        {
            if (ea.IsEmpty)
                continue;
            Result<LovUserEa> parsed = LovUserEa.Parse(ea.Span);
            if (parsed.Failed)
                return parsed.Error;
            striping = parsed.Value;
        }
        LovEa layout = Build(file, striping.StripeSize, striping.StripeCount);
        return new LodLayout(layout.ToArray(), layout.Objects);
    }

    public ValueTask<Result<LodLayout>> ExtendAsync(
        Fid file, ReadOnlyMemory<byte> lov, LuExtent extent, CancellationToken cancel)
    {
        LovCompositeEa layout = LovCompositeEa.Parse(lov.Span).Value;
        var added = new List<LovOstDataV1>();
        LovComponentEa[] components = [.. layout.Components.Select(component =>
        {
            if (component.IsInitialized || !component.Overlaps(extent))
                return component;
            LovEa made = Build(file, component.Layout.StripeSize, component.Layout.StripeCount);
            added.AddRange(made.Objects);
            return component with { Flags = LcmeFlags.INIT, Layout = made };
        })];
        return new(new LodLayout(
            (layout with { Generation = layout.Generation + 1, Components = components }).ToArray(), added));
    }

    LovEa Build(Fid file, uint stripeSize, int count)
    {
        var objects = new LovOstDataV1[count];
        for (int i = 0; i < objects.Length; i++)
        {
            var id = new OstId(new Fid(0x240000401, _next++));
            objects[i] = new LovOstDataV1 { ObjectId = id, Index = (uint)i };
            Reserved.Add(id);
        }
        return new LovEa
        {
            FileId = LovEa.FileIdOf(file),
            StripeSize = stripeSize,
            StripeCount = (ushort)objects.Length,
            Objects = objects,
        };
    }

    public void Discard(LodLayout layout)
    {
        foreach (LovOstDataV1 stripe in layout.Objects)
            Reserved.Remove(stripe.ObjectId);
    }

    public Errno DeclareCreate(DtTransaction transaction, LodLayout layout) => Errno.OK;

    public Errno Create(DtTransaction transaction, LodLayout layout)
    {
        foreach (LovOstDataV1 stripe in layout.Objects)
        {
            Assert.True(Reserved.Remove(stripe.ObjectId), "an object that was not reserved");
            Live.Add(stripe.ObjectId);
        }
        return Errno.OK;
    }

    public Errno DeclareChange(DtTransaction transaction, ReadOnlySpan<byte> lov) => Errno.OK;

    public Errno Destroy(DtTransaction transaction, ReadOnlySpan<byte> lov)
    {
        foreach (LovOstDataV1 stripe in LovEa.Parse(lov).Value.Objects)
            Assert.True(Live.Remove(stripe.ObjectId), "an object destroyed twice");
        return Errno.OK;
    }

    public Errno SetOwner(DtTransaction transaction, ReadOnlySpan<byte> lov, in DtAttributes attributes)
    {
        Owners.Add((
            attributes.Has(DtValid.Uid) ? attributes.Uid : null,
            attributes.Has(DtValid.Gid) ? attributes.Gid : null));
        return Errno.OK;
    }

    public Result<byte[]> CheckDirectoryDefault(ReadOnlySpan<byte> wanted)
    {
        Result<LovUserEa> parsed = LovUserEa.Parse(wanted);
        return parsed.Failed ? parsed.Error : parsed.Value.StripeSize == 0 ? [] : wanted.ToArray();
    }
}
