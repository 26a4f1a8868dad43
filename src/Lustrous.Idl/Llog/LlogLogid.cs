using System.Globalization;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>Names one llog (<c>struct llog_logid</c>).</summary>
[WireStruct("llog_logid", size: 20, Prefix = "lgl_", Scalar = true)]
public partial record struct LlogLogid
{
    [WireName("lgl_oi")] public OstId ObjectId;
    [WireName("lgl_ogen")] public uint Generation;

    /// <summary>Object id and generation: <c>[0x1:0xa:0x0]:0</c>.</summary>
    public override readonly string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{ObjectId.FidView}:{Generation:x}");
}

/// <summary>One catalogue in the CATALOGS file (<c>struct llog_catid</c>).</summary>
[WireStruct("llog_catid", size: 32, Prefix = "lci_")]
public partial record struct LlogCatid
{
    [WireName("lci_logid")] public LlogLogid LogId;
    public uint Padding1;
    public uint Padding2;
    public uint Padding3;
}

/// <summary>Names one record, for its cancelling (<c>struct llog_cookie</c>).</summary>
[WireStruct("llog_cookie", size: 32, Prefix = "lgc_")]
public partial record struct LlogCookie
{
    [WireName("lgc_lgl")] public LlogLogid LogId;
    [WireName("lgc_subsys")] public LlogContext Subsystem;
    public uint Index;
    public uint Padding;
}
