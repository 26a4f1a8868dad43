namespace Lustrous.Ptlrpc.Layout;

/// <summary>How a field's buffer is checked (<c>enum rmf_flags</c>).</summary>
[Flags]
public enum RmfFlags
{
    None = 0,

    /// <summary>Text that ends with a NUL, and without a maximum size has it as its last byte.</summary>
    String = 1 << 0,

    /// <summary>Any length is taken; what is missing of a struct reads as zero.</summary>
    NoSizeCheck = 1 << 1,

    /// <summary>A multiple of the struct's size.</summary>
    StructArray = 1 << 2,
}
