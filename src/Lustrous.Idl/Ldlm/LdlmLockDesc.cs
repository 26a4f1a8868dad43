using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>A lock: what, how, and how much of it (<c>struct ldlm_lock_desc</c>).</summary>
[WireStruct("ldlm_lock_desc", size: 80, Prefix = "l_")]
public partial record struct LdlmLockDesc
{
    public LdlmResourceDesc Resource;
    [WireName("l_req_mode")] public LockMode RequestedMode;
    public LockMode GrantedMode;
    public LdlmPolicyData PolicyData;

    public static void VisitFields<TVisitor>(in LdlmLockDesc value, ref TVisitor visitor)
        where TVisitor : IWireFieldVisitor, allows ref struct
    {
        visitor.Struct("resource", in value.Resource);
        visitor.Value("req_mode", value.RequestedMode);
        visitor.Value("granted_mode", value.GrantedMode);
        value.PolicyData.Visit(value.Resource.Type, ref visitor);
    }
}

/// <summary>Which resource (<c>struct ldlm_resource_desc</c>).</summary>
[WireStruct("ldlm_resource_desc", size: 40, Prefix = "lr_")]
public partial record struct LdlmResourceDesc
{
    public LockType Type;
    public uint Pad;
    public LdlmResId Name;
}
