using Lustrous.Clients.Lov;

namespace Lustrous.Clients.Osc;

/// <summary>Whoever put an object to use: a file of Lov.</summary>
interface IOscObjectOwner
{
    /// <summary>A lock on the range (of the object) is about to go: what is cached above must go first.</summary>
    ValueTask InvalidateAsync(OscObject stripe, ulong start, ulong end);

    /// <summary>Size and times may change behind our back from now on.</summary>
    void AttributesChanged(OscObject stripe);

    /// <summary>Whose file it is.</summary>
    LovOwnership Ownership { get; }
}
