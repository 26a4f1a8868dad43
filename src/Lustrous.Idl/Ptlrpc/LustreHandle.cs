using System.Globalization;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>A cookie by which one node names an object of another: an export, a lock, an open file.</summary>
/// <remarks>Only its owner reads it, so it is never byte-reversed.</remarks>
[WireStruct("lustre_handle", size: 8, Opaque = true, Scalar = true)]
public readonly partial record struct LustreHandle
{
    public readonly ulong Cookie;

    public LustreHandle(ulong cookie) => Cookie = cookie;

    /// <summary>Whether it names anything (<c>lustre_handle_is_used</c>).</summary>
    public bool IsUsed => Cookie != 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Cookie:x}");
}
