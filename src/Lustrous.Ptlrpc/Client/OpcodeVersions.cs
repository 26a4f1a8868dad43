using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Client;

/// <summary>Which service's protocol an opcode belongs to (<c>pb_version</c>).</summary>
static class OpcodeVersions
{
    public static LustreMsgVersion Of(uint opcode) => opcode switch
    {
        // Every target connects, disconnects and pings in the same way.
        (uint)OstOpcode.Connect or (uint)OstOpcode.Disconnect => LustreMsgVersion.OBD_VERSION,
        (uint)MdsOpcode.Connect or (uint)MdsOpcode.Disconnect => LustreMsgVersion.OBD_VERSION,
        (uint)MgsOpcode.Connect or (uint)MgsOpcode.Disconnect => LustreMsgVersion.OBD_VERSION,
        < 33 => LustreMsgVersion.OST_VERSION,
        < 101 => LustreMsgVersion.MDS_VERSION,
        < 250 => LustreMsgVersion.DLM_VERSION,
        < 400 => LustreMsgVersion.MGS_VERSION,
        < 501 => LustreMsgVersion.OBD_VERSION,
        < 601 => LustreMsgVersion.LOG_VERSION,
        < 700 => LustreMsgVersion.MDS_VERSION,      // quota
        < 801 => LustreMsgVersion.MDS_VERSION,      // sequences
        < 900 => LustreMsgVersion.OBD_VERSION,      // security contexts
        < 1000 => LustreMsgVersion.MDS_VERSION,     // FLD
        _ => LustreMsgVersion.MDS_VERSION,          // updates between targets
    };
}
