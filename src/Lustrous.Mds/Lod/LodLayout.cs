using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;

namespace Lustrous.Mds.Lod;

/// <summary>A layout chosen for a new file, its objects reserved.</summary>
public sealed class LodLayout
{
    /// <summary>One of another ILod's, which knows its objects by itself.</summary>
    public LodLayout(LovEa layout)
        : this(layout, [])
    {
    }

    internal LodLayout(LovEa layout, IReadOnlyList<LodStripe> stripes)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Layout = layout;
        Stripes = stripes;
        Ea = layout.ToArray();
    }

    public LovEa Layout { get; }

    /// <summary>The file's <c>trusted.lov</c>, and what the client gets as RMF_MDT_MD.</summary>
    public byte[] Ea { get; }

    internal IReadOnlyList<LodStripe> Stripes { get; }
}

/// <summary>An object and the OST it is on.</summary>
readonly record struct LodStripe(OspDevice Ost, Fid Fid);
