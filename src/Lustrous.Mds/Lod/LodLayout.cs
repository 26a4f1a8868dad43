using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;

namespace Lustrous.Mds.Lod;

/// <summary>A layout chosen for a file, its new objects reserved.</summary>
public sealed class LodLayout
{
    /// <summary>One of another ILod's, which knows its objects by itself.</summary>
    public LodLayout(byte[] ea, IReadOnlyList<LovOstDataV1> objects)
        : this(ea, objects, [])
    {
    }

    internal LodLayout(byte[] ea, IReadOnlyList<LovOstDataV1> objects, IReadOnlyList<LodStripe> stripes)
    {
        ArgumentNullException.ThrowIfNull(ea);
        Ea = ea;
        Objects = objects;
        Stripes = stripes;
    }

    /// <summary>The objects that the file did not have before, in order.</summary>
    public IReadOnlyList<LovOstDataV1> Objects { get; }

    /// <summary>The file's <c>trusted.lov</c>, and what the client gets as RMF_MDT_MD.</summary>
    public byte[] Ea { get; }

    internal IReadOnlyList<LodStripe> Stripes { get; }

    /// <summary>Of a former life: its objects were not reserved now, and are not given back.</summary>
    internal bool IsRecalled { get; init; }
}

/// <summary>An object and the OST it is on.</summary>
readonly record struct LodStripe(OspDevice Ost, Fid Fid);
