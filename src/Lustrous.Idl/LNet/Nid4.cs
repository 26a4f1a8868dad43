using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>A <see cref="Nid"/> in 8 bytes (<c>lnet_nid_t</c>): network above, 4 bytes of address below.</summary>
[WireStruct("lnet_nid_t", size: 8, Scalar = true)]
public readonly partial record struct Nid4
{
    public readonly ulong Value;

    public Nid4(ulong value) => Value = value;

    public static implicit operator Nid(Nid4 nid) => Nid.FromNid4(nid.Value);

    /// <summary>Only for a NID that fits, <see cref="Nid.IsNid4"/>.</summary>
    public static explicit operator Nid4(Nid nid) => new(nid.ToNid4());

    public override string ToString() => ((Nid)this).ToString();
}
