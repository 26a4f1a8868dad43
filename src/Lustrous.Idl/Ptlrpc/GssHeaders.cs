using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Head of a message secured by GSS (<c>struct gss_header</c>).</summary>
[WireStruct("gss_header", size: 36, Prefix = "gh_")]
public partial record struct GssHeader
{
    public byte Version;
    [WireName("gh_sp")] public byte SecurityPart;
    public ushort Pad0;
    public uint Flags;
    [WireName("gh_proc")] public uint Procedure;
    [WireName("gh_seq")] public uint Sequence;  // against repeats
    [WireName("gh_svc")] public uint Service;   // null, authentication, integrity or privacy
    public uint Pad1;
    public uint Pad2;
    public uint Pad3;
    public GssNetObject Handle;         // length of the context handle that follows
}

/// <summary>Head of the reply that sets up a GSS context (<c>struct gss_rep_header</c>).</summary>
[WireStruct("gss_rep_header", size: 36, Prefix = "gh_")]
public partial record struct GssReplyHeader
{
    public byte Version;
    [WireName("gh_sp")] public byte SecurityPart;
    public ushort Pad0;
    public uint Flags;
    [WireName("gh_proc")] public uint Procedure;
    [WireName("gh_major")] public uint MajorStatus;
    [WireName("gh_minor")] public uint MinorStatus;
    [WireName("gh_seqwin")] public uint SequenceWindow;
    public uint Pad2;
    public uint Pad3;
    public GssNetObject Handle;
}

/// <summary>Head of a reply that refuses a GSS request (<c>struct gss_err_header</c>).</summary>
[WireStruct("gss_err_header", size: 36, Prefix = "gh_")]
public partial record struct GssErrorHeader
{
    public byte Version;
    [WireName("gh_sp")] public byte SecurityPart;
    public ushort Pad0;
    public uint Flags;
    [WireName("gh_proc")] public uint Procedure;
    [WireName("gh_major")] public uint MajorStatus;
    [WireName("gh_minor")] public uint MinorStatus;
    public uint Pad1;
    public uint Pad2;
    public uint Pad3;
    public GssNetObject Handle;
}

/// <summary>A counted run of bytes on the wire (<c>struct netobj_s</c>).</summary>
[WireStruct("netobj_s", size: 4)]
[WireTail("data", typeof(byte))]
public partial record struct GssNetObject
{
    [WireName("len")] public uint Length;
}
