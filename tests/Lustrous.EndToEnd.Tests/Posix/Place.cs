namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>Where a check runs.</summary>
public enum Place
{
    /// <summary>On the machine's own ext4, which proves the check.</summary>
    Ext4,
    OneMount,
    /// <summary>One half of the check on each of two mounts.</summary>
    TwoMounts,
}
