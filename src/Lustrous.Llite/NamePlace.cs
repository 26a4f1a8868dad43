using Lustrous.Clients.Mdc;
using Lustrous.Idl.Fids;

namespace Lustrous.Llite;

/// <summary>Whom to ask for a name.</summary>
/// <param name="Mdc">The MDT.</param>
/// <param name="Directory">What has the name there: the directory, or one of its stripes.</param>
/// <param name="LayoutVersion">Of the directory's layout, for who makes a name.</param>
readonly record struct NamePlace(MdcDevice Mdc, Fid Directory, uint LayoutVersion);
