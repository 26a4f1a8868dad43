namespace Lustrous.Clients.Mdc;

/// <summary>On whose behalf an MDT is asked.</summary>
/// <param name="FsUid">User.</param>
/// <param name="FsGid">Group.</param>
/// <param name="SupplementaryGid1">A group of the caller's that counts for the first object; -1 for none.</param>
/// <param name="SupplementaryGid2">The same for the second object.</param>
/// <param name="Umask">Bits that the MDT takes off modes, when there is no default ACL.</param>
public readonly record struct MdCredentials(
    uint FsUid, uint FsGid, uint SupplementaryGid1 = MdCredentials.NoGroup,
    uint SupplementaryGid2 = MdCredentials.NoGroup, uint Umask = 0)
{
    public const uint NoGroup = uint.MaxValue;

    /// <summary>Low word of the effective capabilities: all for root, none for others
    /// (<c>ll_capability_u32</c>).</summary>
    public uint Capability => FsUid == 0 ? uint.MaxValue : 0;
}
