namespace Lustrous.Target.Services;

/// <summary>What a node serves.</summary>
[Flags]
public enum ServerRoles
{
    None = 0,
    Mgs = 1,
    Mds = 2,
    Oss = 4,
    All = Mgs | Mds | Oss,
}
