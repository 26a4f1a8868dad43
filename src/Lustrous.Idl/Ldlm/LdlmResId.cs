using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>The name of a resource: what is locked (<c>struct ldlm_res_id</c>).</summary>
[WireStruct("ldlm_res_id", size: 32)]
public partial record struct LdlmResId
{
    public Array4<ulong> Name;
}
