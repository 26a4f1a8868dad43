using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Lfsck;

/// <summary>From the LFSCK of one target to that of another (<c>struct lfsck_request</c>).</summary>
[WireStruct("lfsck_request", size: 96, Prefix = "lr_")]
public partial record struct LfsckRequest
{
    public LfsckEvent Event;
    public uint Index;
    public LfsckEventFlags Flags;
    public LfsckStartValid Valid;
    [WireName("lr_speed"), WireName("lr_status")]
    public uint SpeedOrStatus;          // objects a second at most; or the status of the sender
    public ushort Version;
    public LfsckType Active;
    public LfsckParamFlags Param;
    public ushort AsyncWindows;
    public uint Flags2;
    public Fid Fid;
    public Fid Fid2;
    [WireName("lr_comp_id")] public uint ComponentId;
    public uint Padding0;
    public ulong Padding1;
    public ulong Padding2;
    public ulong Padding3;
}

/// <summary>How another target's LFSCK stands (<c>struct lfsck_reply</c>).</summary>
[WireStruct("lfsck_reply", size: 16, Prefix = "lr_")]
public partial record struct LfsckReply
{
    public LfsckStatus Status;
    public uint Padding1;
    public ulong Repaired;
}
