using Lustrous.Idl.Layout;

namespace Lustrous.Mds.Lod;

/// <summary>A layout chosen for a new file, its objects reserved.</summary>
public sealed class LodLayout
{
    internal LodLayout(LovEa layout)
    {
        Layout = layout;
        Ea = layout.ToArray();
    }

    public LovEa Layout { get; }

    /// <summary>The file's <c>trusted.lov</c>, and what the client gets as RMF_MDT_MD.</summary>
    public byte[] Ea { get; }
}
