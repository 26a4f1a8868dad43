namespace Lustrous.Osd.Disk;

/// <summary>What is where in a target's directory.</summary>
static class DiskLayout
{
    /// <summary>Version of all the rest, and the key of the hashes of names.</summary>
    public const string Format = "format";

    /// <summary>Locked by the process that has the target open.</summary>
    public const string Lock = "lock";

    /// <summary>The boot of the machine in which the journal was written.</summary>
    public const string Boot = "boot";

    public const string Store = "meta";
    public const string Journal = "journal";
    public const string Data = "data";
}
