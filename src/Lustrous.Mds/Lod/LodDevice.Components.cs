using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Lod;

// Layouts in several components (PFL): planned when the file is made, each gets its objects when it is first written.
// Source: lod_declare_striped_create, lod_declare_instantiate_components, lod_declare_layout_change of
// lustre/lod/lod_object.c.
public sealed partial class LodDevice
{
    public ValueTask<Result<LodLayout>> ExtendAsync(
        Fid file, ReadOnlyMemory<byte> lov, LuExtent extent, CancellationToken cancel)
    {
        Result<LovCompositeEa> layout = LovCompositeEa.Parse(lov.Span);
        if (layout.Failed)
            return new(Errno.EIO);
        return InstantiateAsync(
            file, layout.Value with { Generation = layout.Value.Generation + 1 }, extent, isOwnWish: false, cancel);
    }

    /// <summary>A new file: what begins it has objects at once.</summary>
    ValueTask<Result<LodLayout>> ChooseCompositeAsync(
        Fid file, LovUserCompositeEa wanted, bool isOwnWish, CancellationToken cancel)
    {
        var components = new LovComponentEa[wanted.Components.Count];
        for (int i = 0; i < components.Length; i++)
        {
            LovUserEa request = Over(wanted.Components[i].Layout, Default);
            if (CheckOsts(request) is var error and not Errno.OK)
                return new(error);
            // Named OSTs would have to be remembered until the component is written.
            if (i > 0 && request.Osts.Count > 0)
                return new(Errno.EOPNOTSUPP);
            components[i] = Plan(file, (uint)i + 1, wanted.Components[i].Extent, request);
        }
        // The generation counts every component that was added.
        var layout = new LovCompositeEa { Generation = (uint)components.Length, Components = components };
        LovUserEa first = Over(wanted.Components[0].Layout, Default);
        return InstantiateAsync(file, layout, new LuExtent { Start = 0, End = 1 }, isOwnWish, cancel, first);
    }

    /// <summary>A component without objects: it keeps what it is to be.</summary>
    static LovComponentEa Plan(Fid file, uint id, LuExtent extent, LovUserEa request) => new()
    {
        Id = id,
        Extent = extent,
        Layout = new LovEa
        {
            Magic = request.PoolName.Length > 0 ? LovMagic.V3 : LovMagic.V1,
            Pattern = request.Pattern,
            FileId = LovEa.FileIdOf(file),
            StripeSize = request.StripeSize,
            StripeCount = request.StripeCount,
            LayoutGeneration = request.StripeOffset,
            PoolName = request.PoolName,
        },
    };

    /// <summary>Objects for every component of a part of the file that has none.</summary>
    async ValueTask<Result<LodLayout>> InstantiateAsync(
        Fid file, LovCompositeEa layout, LuExtent extent, bool isOwnWish, CancellationToken cancel,
        LovUserEa? first = null)
    {
        var components = layout.Components.ToArray();
        var all = new List<LodStripe>();
        var objects = new List<LovOstDataV1>();
        for (int i = 0; i < components.Length; i++)
        {
            LovComponentEa component = components[i];
            if (component.IsInitialized || !component.Overlaps(extent))
                continue;
            LovUserEa request = i == 0 && first is not null ? first : RequestOf(component.Layout);
            var stripes = new List<LodStripe>();
            Errno status = await ReserveStripesAsync(request, isOwnWish, stripes, cancel);
            all.AddRange(stripes);
            if (status != Errno.OK)
            {
                GiveBack(all);
                return status;
            }
            LovEa made = Build(file, request, stripes);
            components[i] = component with { Flags = component.Flags | LcmeFlags.INIT, Layout = made };
            objects.AddRange(made.Objects);
        }
        return new LodLayout((layout with { Components = components }).ToArray(), objects, all);
    }

    static LovUserEa RequestOf(LovEa planned) => new()
    {
        Pattern = planned.Pattern,
        StripeSize = planned.StripeSize,
        StripeCount = planned.StripeCount,
        StripeOffset = planned.LayoutGeneration,
        PoolName = planned.PoolName,
    };

    /// <summary>A directory keeps what was asked for, checked.</summary>
    Result<byte[]> CheckCompositeDefault(ReadOnlySpan<byte> wanted)
    {
        Result<LovUserCompositeEa> parsed = LovUserCompositeEa.Parse(wanted);
        if (parsed.Failed)
            return parsed.Error;
        foreach (LovUserCompositeEa.Component component in parsed.Value.Components)
        {
            if (CheckOsts(component.Layout) is var error and not Errno.OK)
                return error;
        }
        return parsed.Value.ToArray();
    }
}
