using Lustrous.Idl.Mgs;
using Lustrous.Idl.Quota;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>What a glimpse tells besides asking (<c>union ldlm_gl_desc</c>): for quota locks and the barrier.</summary>
/// <remarks>Which one it is stands in the lock, not here: reversed as quota, the larger one.</remarks>
[WireStruct("ldlm_gl_desc", size: 64)]
public partial record struct LdlmGlDesc
{
    [WireName("lquota_desc")] public LdlmGlQuotaDesc Quota;

    [WireName("barrier_desc")]
    public LdlmGlBarrierDesc Barrier
    {
        readonly get => WireBytes.View<LdlmGlDesc, LdlmGlBarrierDesc>(in this);
        set => WireBytes.SetView(ref this, in value);
    }
}

/// <summary>A quota glimpse: the new limits of an id (<c>struct ldlm_gl_lquota_desc</c>).</summary>
[WireStruct("ldlm_gl_lquota_desc", size: 64, Prefix = "gl_")]
public partial record struct LdlmGlQuotaDesc
{
    public LquotaId Id;
    public ulong Flags;
    [WireName("gl_ver")] public ulong Version;  // of the index
    public ulong Hardlimit;
    public ulong Softlimit;
    public ulong Time;                  // grace time or its end, seconds
    public ulong Pad2;
}

/// <summary>A barrier glimpse: freeze or thaw (<c>struct ldlm_gl_barrier_desc</c>).</summary>
[WireStruct("ldlm_gl_barrier_desc", size: 16, Prefix = "lgbd_")]
public partial record struct LdlmGlBarrierDesc
{
    public BarrierStatus Status;
    public uint Timeout;                // seconds
    public ulong Padding;
}
