using System.Runtime.InteropServices;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Interop.Tests.Replay;

/// <summary>
/// A client of an older release: says that it is one, asks for what that one asks for, and sends nothing that came
/// later. What it asked for and was granted was seen when such clients mounted the recorded servers
/// (logs/connect-data.txt of the recordings).
/// </summary>
/// <param name="Version">Its release.</param>
/// <param name="BodyFlags">What it says in its requests besides of whose they are.</param>
/// <param name="Mgs">Asks of the MGS.</param>
/// <param name="Mdt">Asks of an MDT.</param>
/// <param name="Ost">Asks of an OST.</param>
sealed record OlderClient(
    uint Version, MsgFlags BodyFlags, (ulong Flags, ulong Flags2) Mgs, (ulong Flags, ulong Flags2) Mdt,
    (ulong Flags, ulong Flags2) Ost)
{
    /// <summary>The reason for what follows from requests that it does not send.</summary>
    public const string Reason = "older";

    // What was asked for by any release, and not granted.
    const ConnectFlags RefusedByMgs = ConnectFlags.LVB_TYPE;
    const ConnectFlags RefusedByMdt = ConnectFlags.PINGLESS | ConnectFlags.MDS_CAPA | ConnectFlags.OSS_CAPA;
    const ConnectFlags RefusedByOst = ConnectFlags.PINGLESS | ConnectFlags.OSS_CAPA | ConnectFlags.MGS_NIDLIST;

    /// <summary>2.15.8.</summary>
    public static OlderClient Release215 { get; } = new(
        0x020F0800, 0, (0xa000411001002020, 0x100000), (0xae7e5e7be374d3b8, 0xc1effbd),
        (0xa0465af2e3640078, 0x148202));

    /// <summary>2.16.1.</summary>
    public static OlderClient Release216 { get; } = new(
        0x02100100, MsgFlags.PACK_UID_GID, (0xa000411001002020, 0x100100000), (0xae7e5e7be374d3b8, 0x246cdeffbd),
        (0xa0465af2e3640078, 0x400148202));

    /// <summary>Requests that this release has.</summary>
    public bool Sends(uint opcode) => opcode != (uint)MdsOpcode.Batch
        || ((ConnectFlags2)Mdt.Flags2 & ConnectFlags2.BATCH_RPC) != 0;

    /// <summary>Makes a request of the recorded release one of this one.</summary>
    public void Age(byte[] request, string? target)
    {
        Assert.Equal(Errno.OK, LustreMessage.Parse(request, out LustreMessage message));
        ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(message.Buffer(0));
        body.Flags &= ~(MsgFlags.PACK_UID_GID | MsgFlags.PACK_PROJID) | BodyFlags;
        if (target is null)
            return;
        ref ObdConnectData data = ref MemoryMarshal.AsRef<ObdConnectData>(message.Buffer(4));
        (ulong flags, ulong flags2) = AskedOf(target);
        (data.ConnectFlags, data.ConnectFlags2) = ((ConnectFlags)flags, (ConnectFlags2)flags2);
        data.Version = Version;
    }

    /// <summary>What the recorded server would have granted this one.</summary>
    public byte[] Grant(byte[] reply, string target)
    {
        Assert.Equal(Errno.OK, LustreMessage.Parse(reply, out LustreMessage message));
        if (MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0)).Status != 0)
            return reply;
        ref ObdConnectData data = ref MemoryMarshal.AsRef<ObdConnectData>(message.Buffer(1));
        (ulong flags, ulong flags2) = AskedOf(target);
        ConnectFlags refused = target == "MGS" ? RefusedByMgs : IsOst(target) ? RefusedByOst : RefusedByMdt;
        data.ConnectFlags = (ConnectFlags)flags & ~refused;
        data.ConnectFlags2 = (ConnectFlags2)flags2;
        return reply;
    }

    static bool IsOst(string target) => target.Contains("-OST", StringComparison.Ordinal);

    (ulong Flags, ulong Flags2) AskedOf(string target) => target == "MGS" ? Mgs : IsOst(target) ? Ost : Mdt;
}
