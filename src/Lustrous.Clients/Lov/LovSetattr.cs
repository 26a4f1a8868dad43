namespace Lustrous.Clients.Lov;

/// <summary>What a setattr changes on the objects.</summary>
public readonly record struct LovSetattr
{
    public long? Atime { get; init; }

    public long? Mtime { get; init; }

    public long? Ctime { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public uint? ProjectId { get; init; }

    /// <summary>Whether a time is set to before now, which is the ctime that goes with it.</summary>
    internal bool SetsTimeBack => Mtime < Ctime || Atime < Ctime;
}
