namespace Lustrous.Clients.Lov;

/// <summary>What lseek(2) looks for; the values are Linux's.</summary>
public enum SeekWhence
{
    Data = 3,
    Hole = 4,
}
