namespace Lustrous.Clients.Lov;

/// <summary>Modes of fallocate(2) that OSTs understand; the values are Linux's.</summary>
[Flags]
public enum FallocateMode
{
    Allocate = 0,
    KeepSize = 1,
    PunchHole = 2,
    ZeroRange = 0x10,
}
