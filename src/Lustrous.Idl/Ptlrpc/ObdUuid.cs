using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>The name of a target or client, text of up to 39 characters (<c>struct obd_uuid</c>).</summary>
[WireStruct("obd_uuid", size: 40, Scalar = true)]
public partial record struct ObdUuid
{
    public Text40 Uuid;

    /// <returns>False when <paramref name="text"/> is too long.</returns>
    public static bool TryFrom(string text, out ObdUuid uuid)
    {
        bool fits = Text40.TryFrom(text, out Text40 characters);
        uuid = new ObdUuid { Uuid = characters };
        return fits;
    }

    public override readonly string ToString() => Uuid.ToString();
}
