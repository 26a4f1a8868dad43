namespace Lustrous.Idl.Ptlrpc;

/// <summary>The release of Lustre whose protocol we speak, as connect data tells it to a peer.</summary>
public static class LustreVersion
{
    /// <summary>2.17.57.0 (<c>LUSTRE_VERSION_CODE</c>): major, minor, patch, fix, a byte each.</summary>
    public const uint Code = 0x0211_3900;
}
