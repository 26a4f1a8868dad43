using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;

namespace Lustrous.Oss.Ofd;

/// <summary>Of which file an object is a stripe, as its <c>trusted.fid</c> keeps it for repair
/// (<c>struct filter_fid</c>).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
record struct ParentFid
{
    public Fid Parent;              // the stripe's number in f_ver
    public OstLayout Layout;
    public uint LayoutVersion;
    public uint LayoutRange;
}
