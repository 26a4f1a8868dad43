using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Llog;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ptlrpc.Tests.Server;

/// <summary>A reply that a kernel client would not survive is our own assertion.</summary>
public sealed class ReplyGuardTests : IDisposable
{
    readonly BufferPool _pool = new();
    readonly PooledBuffer _request, _reply;
    readonly RequestCapsule _capsule = new();

    public ReplyGuardTests()
    {
        _request = _pool.Take(64 << 10);
        _reply = _pool.Take(64 << 10);
    }

    public void Dispose()
    {
        _request.Dispose();
        _reply.Dispose();
    }

    [Fact]
    public void A_connect_grants_nothing_that_was_not_asked_for()
    {
        var asked = new ObdConnectData
        {
            ConnectFlags = ConnectFlags.FID | ConnectFlags.ATTRFID | ConnectFlags.FULL20 | ConnectFlags.BRW_SIZE
                | ConnectFlags.CKSUM | ConnectFlags.IBITS,
            ChecksumTypes = ChecksumTypes.ADLER,
            InodeBitsKnown = InodeBits.LOOKUP,
        };
        ObdConnectData good = asked with { BrwSize = 1 << 20 };
        Assert.Null(Connect(asked, good));
        Assert.Contains("not asked", Connect(asked, good with { ConnectFlags = good.ConnectFlags | ConnectFlags.ACL }));
        Assert.Contains("not asked", Connect(asked, good with { ConnectFlags2 = ConnectFlags2.ENCRYPT }));
        Assert.Contains("page", Connect(asked, good with { BrwSize = 512 }));
        Assert.Contains("CKSUM", Connect(asked, good with { ChecksumTypes = ChecksumTypes.CRC32C }));
        Assert.Contains("IBITS", Connect(asked, good with { InodeBitsKnown = InodeBits.UPDATE }));
        Assert.Contains(
            "FULL20", Connect(asked, good with { ConnectFlags = good.ConnectFlags & ~ConnectFlags.FULL20 }));
    }

    [Fact]
    public void An_intent_is_executed_or_refused_and_its_lock_is_the_object_s()
    {
        var fid = new Fid(0x200000401, 5);
        var body = new MdtBody { Fid1 = fid, Valid = MdtValid.FLID };
        LdlmReply done = Lock(LdlmResId.FromFid(fid)) with { PolicyResult1 = (ulong)Dispositions.IT_EXECD };
        Assert.Null(Open(IntentOps.OPEN, done, body));
        Assert.Contains("neither", Open(IntentOps.OPEN, done with { PolicyResult1 = 0 }, body));
        Assert.Null(Open(IntentOps.OPEN, done with { PolicyResult1 = 0, PolicyResult2 = unchecked((ulong)-2) }, body));
        LdlmReply other = Lock(LdlmResId.FromFid(new Fid(0x200000401, 6)));
        other.PolicyResult1 = done.PolicyResult1;
        Assert.Contains("another object", Open(IntentOps.OPEN, other, body));
        ulong created = done.PolicyResult1 | (ulong)Dispositions.OPEN_CREATE;
        Assert.Contains("creates", Open(IntentOps.OPEN, done with { PolicyResult1 = created }, body));
        Assert.Null(Open(IntentOps.OPEN | IntentOps.CREAT, done with { PolicyResult1 = created }, body));
        Assert.Contains("layout", Open(
            IntentOps.OPEN, done, body with { Valid = MdtValid.FLID | MdtValid.FLEASIZE, EaDataSize = 4096 }));
    }

    [Fact]
    public void A_read_gives_no_more_than_was_asked_and_says_how_much()
    {
        Assert.Null(Read(asked: 4096, inside: 100, status: 100));
        Assert.Null(Read(asked: 4096, inside: 0, status: 4096));
        Assert.Contains("more read", Read(asked: 4096, inside: 0, status: 8192));
        Assert.Contains("short I/O", Read(asked: 4096, inside: 100, status: 200));
    }

    [Fact]
    public void A_log_s_header_is_a_power_of_two_and_a_file_system_has_blocks()
    {
        Pack(RequestFormats.LlogOriginHandleReadHeader, LlogOpcode.OriginHandleReadHeader);
        _capsule.Borrow(Rmf.LlogLogHdr, MessageSide.Reply).Header.Length = 8192;
        Assert.Null(ReplyGuard.Violation(_capsule, (uint)LlogOpcode.OriginHandleReadHeader, 0));
        _capsule.Borrow(Rmf.LlogLogHdr, MessageSide.Reply).Header.Length = 8200;
        Assert.NotNull(ReplyGuard.Violation(_capsule, (uint)LlogOpcode.OriginHandleReadHeader, 0));
        Pack(RequestFormats.OstStatfs, OstOpcode.Statfs);
        Assert.NotNull(ReplyGuard.Violation(_capsule, (uint)OstOpcode.Statfs, 0));
        _capsule.Borrow(Rmf.ObdStatfs, MessageSide.Reply).BlockSize = 4096;
        Assert.Null(ReplyGuard.Violation(_capsule, (uint)OstOpcode.Statfs, 0));
    }

    [Theory]
    [InlineData((uint)MdsOpcode.Close, 0, true)]
    [InlineData((uint)MdsOpcode.Close, -2, true)]
    [InlineData((uint)MdsOpcode.Close, 2, false)]
    [InlineData((uint)MdsOpcode.Close, -5000, false)]
    [InlineData((uint)LdlmOpcode.Enqueue, 301, true)]
    [InlineData((uint)LdlmOpcode.Enqueue, 2, false)]
    public void A_status_is_one_that_clients_know(uint opcode, int status, bool isGood) =>
        Assert.Equal(isGood, ReplyGuard.Violation(new RequestCapsule(), opcode, status) is null);

    static LdlmReply Lock(LdlmResId name)
    {
        var reply = new LdlmReply { Handle = new LustreHandle(77) };
        reply.Desc.GrantedMode = LockMode.PR;
        reply.Desc.Resource.Name = name;
        return reply;
    }

    string? Connect(ObdConnectData asked, ObdConnectData granted)
    {
        Pack(RequestFormats.MdsConnect, MdsOpcode.Connect);
        _capsule.Set(Rmf.ConnectData, MessageSide.Request, asked);
        _capsule.Set(Rmf.ConnectData, MessageSide.Reply, granted);
        return ReplyGuard.Violation(_capsule, (uint)MdsOpcode.Connect, 0);
    }

    string? Open(IntentOps intent, LdlmReply reply, MdtBody body)
    {
        Pack(RequestFormats.LdlmIntentOpen, LdlmOpcode.Enqueue);
        _capsule.Borrow(Rmf.DlmReq, MessageSide.Request).Flags = (uint)LockFlags.HAS_INTENT;
        _capsule.Set(Rmf.LdlmIntent, MessageSide.Request, new LdlmIntent { Opcode = intent });
        _capsule.Set(Rmf.DlmRep, MessageSide.Reply, reply);
        _capsule.Set(Rmf.MdtBody, MessageSide.Reply, body);
        return ReplyGuard.Violation(_capsule, (uint)LdlmOpcode.Enqueue, 0);
    }

    string? Read(uint asked, int inside, int status)
    {
        Pack(RequestFormats.OstBrwRead, OstOpcode.Read, inside);
        _capsule.GetArray(Rmf.NiobufRemote, MessageSide.Request)[0] = new NiobufRemote { Length = asked };
        return ReplyGuard.Violation(_capsule, (uint)OstOpcode.Read, status);
    }

    void Pack(RequestFormat format, Enum opcode, int shortIoBytes = 0)
    {
        _capsule.Reset();
        _capsule.SetFormat(format);
        foreach (MessageSide side in (MessageSide[])[MessageSide.Request, MessageSide.Reply])
        {
            foreach (MessageField field in format.Fields(side))
            {
                if (field.Size < 0)
                    _capsule.SetSize(field, side, field == Rmf.ShortIo && side == MessageSide.Reply ? shortIoBytes : 0);
            }
        }
        _request.Span.Clear();
        _reply.Span.Clear();
        _capsule.Pack(MessageSide.Request, _request.Slice(0, _request.Capacity));
        _capsule.Pack(MessageSide.Reply, _reply.Slice(0, _reply.Capacity));
        _capsule.Borrow(Rmf.PtlrpcBody, MessageSide.Request).Opcode =
            Convert.ToUInt32(opcode, System.Globalization.CultureInfo.InvariantCulture);
    }
}
