using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>A record of a catalogue: one plain llog (<c>struct llog_logid_rec</c>).</summary>
[WireStruct("llog_logid_rec", size: 64, Prefix = "lid_")]
public partial record struct LlogLogidRec
{
    [WireName("lid_hdr")] public LlogRecHdr Header;
    public LlogLogid Id;
    public uint Padding1;
    public ulong Padding2;
    public ulong Padding3;
    public LlogRecTail Tail;
}
