using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>How much of a resource a lock covers, by its type (<c>union ldlm_wire_policy_data</c>).</summary>
/// <remarks>All views have the same words: one reversal serves all (lustre_swab_ldlm_policy_data).</remarks>
[WireStruct("ldlm_wire_policy_data", size: 32)]
public partial record struct LdlmPolicyData
{
    public Array3<ulong> Words;
    public uint Word6;                  // padding in every view
    public uint Word7;                  // flock: pid; inode bits: initiator; extent: padding

    public LdlmExtent Extent
    {
        readonly get => WireBytes.View<LdlmPolicyData, LdlmExtent>(in this);
        set => WireBytes.SetView(ref this, in value);
    }

    public LdlmFlockWire Flock
    {
        readonly get => WireBytes.View<LdlmPolicyData, LdlmFlockWire>(in this);
        set => WireBytes.SetView(ref this, in value);
    }

    [WireName("l_inodebits")]
    public LdlmInodeBits InodeBits
    {
        readonly get => WireBytes.View<LdlmPolicyData, LdlmInodeBits>(in this);
        set => WireBytes.SetView(ref this, in value);
    }

    /// <summary>Shows the view for a lock of <paramref name="type"/>.</summary>
    internal readonly void Visit<TVisitor>(LockType type, ref TVisitor visitor)
        where TVisitor : IWireFieldVisitor, allows ref struct
    {
        switch (type)
        {
            case LockType.Extent:
                visitor.Struct("extent", Extent);
                visitor.Value("padding", (ulong)Word7 << 32 | Word6);
                break;
            case LockType.Flock: visitor.Struct("flock", Flock); break;
            case LockType.Ibits: visitor.Struct("inodebits", InodeBits); break;
            default: visitor.Struct("policy_data", in this); break;
        }
    }
}

/// <summary>What an extent lock covers, both ends included (<c>struct ldlm_extent</c>).</summary>
[WireStruct("ldlm_extent", size: 24)]
public partial record struct LdlmExtent
{
    public ulong Start;
    public ulong End;
    [WireName("gid")] public ulong GroupId; // of a group lock
}

/// <summary>What an flock lock covers, both ends included, and for whom (<c>struct ldlm_flock_wire</c>).</summary>
[WireStruct("ldlm_flock_wire", size: 32, Prefix = "lfw_")]
public partial record struct LdlmFlockWire
{
    public ulong Start;
    public ulong End;
    public ulong Owner;                 // the open file, or the process's file table
    public uint Padding;
    public uint Pid;
}

/// <summary>What an inode-bits lock covers (<c>struct ldlm_inodebits</c>).</summary>
[WireStruct("ldlm_inodebits", size: 32)]
public partial record struct LdlmInodeBits
{
    public InodeBits Bits;
    [WireName("try_bits"), WireName("cancel_bits")]
    public InodeBits TryOrCancelBits;   // enqueue: wanted if free; blocking AST: to give up
    [WireName("li_gid")] public ulong GroupId;
    [WireName("li_padding")] public uint Padding;
    [WireName("li_initiator_id")] public uint InitiatorId;  // MDT that enqueues for a client
}
