namespace Lustrous.Obdclass.Storage;

/// <summary>Ends of ranges in a body.</summary>
public static class DtRange
{
    /// <summary>As far as the object goes (<c>OBD_OBJECT_EOF</c>).</summary>
    public const long Eof = -1;
}
