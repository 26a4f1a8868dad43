using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Tests.Layout;

public sealed class RequestCapsuleTests
{
    readonly BufferPool _pool = new();
    readonly RequestCapsule _capsule = new();

    [Fact]
    public void What_a_client_packs_a_server_reads()
    {
        using PooledBuffer buffer = PackGetattrName("file"u8);
        var server = new RequestCapsule();
        server.SetFormat(RequestFormats.MdsGetattrName);
        Assert.Equal(Errno.OK, server.Attach(MessageSide.Request, buffer.Slice(0, _capsule.Request.Length)));
        Assert.True(server.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody body));
        Assert.Equal(77u, body.FsUid);
        Assert.True(server.TryGetString(Rmf.Name, MessageSide.Request, out ReadOnlySpan<byte> name));
        Assert.Equal("file"u8.ToArray(), name.ToArray());
        Assert.Equal((uint)MdsOpcode.GetattrName, FormatSelector.Opcode(server.Request));
        Assert.Same(RequestFormats.MdsGetattrName, FormatSelector.OfRequest(server.Request));
    }

    [Fact]
    public void A_peer_of_the_other_byte_order_is_read_once_reversed()
    {
        using PooledBuffer buffer = PackGetattrName("file"u8);
        LustreMessage message = _capsule.Request;
        int length = message.Length;
        var body = MdtBody.Swab(_capsule.Borrow(Rmf.MdtBody, MessageSide.Request));
        _capsule.Set(Rmf.MdtBody, MessageSide.Request, body);
        Span<uint> header = MemoryMarshal.Cast<byte, uint>(buffer.Span[..(32 + 4 * message.BufferCount)]);
        BinaryPrimitives.ReverseEndianness(header, header);

        var server = new RequestCapsule();
        server.SetFormat(RequestFormats.MdsGetattrName);
        Assert.Equal(Errno.OK, server.Attach(MessageSide.Request, buffer.Slice(0, length)));
        for (int i = 0; i < 2; i++)
        {
            Assert.True(server.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody read));
            Assert.Equal(77u, read.FsUid);
        }
    }

    [Fact]
    public void A_buffer_that_is_too_short_or_left_out_is_refused()
    {
        using PooledBuffer buffer = _pool.Take(512);
        LustreMessage.Format(buffer.Span, [184, 100]);
        _capsule.SetFormat(RequestFormats.MdsGetattrName);
        Assert.Equal(Errno.OK, _capsule.Attach(MessageSide.Request, buffer.Slice(0, buffer.Capacity)));
        Assert.Equal(Errno.EPROTO, _capsule.Get(Rmf.MdtBody, MessageSide.Request).Error);
        Assert.False(_capsule.FieldPresent(Rmf.Name, MessageSide.Request));
        Assert.False(_capsule.TryGetString(Rmf.Name, MessageSide.Request, out _));
    }

    [Theory]
    [InlineData("name\0", true)]
    [InlineData("name", false)]             // no NUL
    [InlineData("na\0me\0", false)]         // shorter than its buffer
    public void A_name_ends_with_its_only_nul(string text, bool accepted)
    {
        using PooledBuffer buffer = _pool.Take(1024);
        LustreMessage message = LustreMessage.Format(buffer.Span, [184, 216, 0, text.Length]);
        System.Text.Encoding.ASCII.GetBytes(text, message.Buffer(3));
        _capsule.SetFormat(RequestFormats.MdsGetattrName);
        Assert.Equal(Errno.OK, _capsule.Attach(MessageSide.Request, buffer.Slice(0, buffer.Capacity)));
        Assert.Equal(accepted, _capsule.TryGetString(Rmf.Name, MessageSide.Request, out _));
    }

    [Fact]
    public void An_array_that_is_no_whole_number_of_elements_is_refused()
    {
        using PooledBuffer buffer = _pool.Take(1024);
        LustreMessage.Format(buffer.Span, [184, 208, 16, 31]);
        _capsule.SetFormat(RequestFormats.OstBrwWrite);
        Assert.Equal(Errno.OK, _capsule.Attach(MessageSide.Request, buffer.Slice(0, buffer.Capacity)));
        Assert.False(_capsule.TryGetArray(Rmf.NiobufRemote, MessageSide.Request, out Span<NiobufRemote> _));
    }

    [Fact]
    public void The_short_body_of_an_old_peer_reads_with_an_empty_rest()
    {
        using PooledBuffer buffer = _pool.Take(512);
        LustreMessage message = LustreMessage.Format(buffer.Span, [152]);
        message.Buffer(0).Fill(0x11);
        _capsule.SetFormat(RequestFormats.ObdPing);
        Assert.Equal(Errno.OK, _capsule.Attach(MessageSide.Request, buffer.Slice(0, message.Length)));
        Assert.True(_capsule.TryGet(Rmf.PtlrpcBody, MessageSide.Request, out PtlrpcBodyV3 body));
        Assert.Equal(0x11111111u, body.Opcode);
        LustreMessage.Format(buffer.Span, [151]);
        Assert.False(_capsule.TryGet(Rmf.PtlrpcBody, MessageSide.Request, out body));
    }

    [Fact]
    public void An_enqueue_extends_to_an_intent_and_a_reply_shrinks_and_grows()
    {
        _capsule.SetFormat(RequestFormats.LdlmEnqueue);
        _capsule.Extend(RequestFormats.LdlmIntentGetattr);
        foreach (MessageField field in new MessageField[] { Rmf.Acl, Rmf.FileSecCtx, Rmf.FileEncCtx })
            _capsule.SetSize(field, MessageSide.Reply, 0);
        _capsule.SetSize(Rmf.MdtMd, MessageSide.Reply, 100);
        using PooledBuffer buffer = _capsule.Pack(MessageSide.Reply, _pool);
        int before = _capsule.Reply.Length;
        _capsule.SetBytes(Rmf.MdtMd, MessageSide.Reply, [1, 2, 3]);
        Assert.Equal(before - 104 + 8, _capsule.Shrink(Rmf.MdtMd, MessageSide.Reply, 3));
        Assert.Equal(Errno.OK, _capsule.Grow(Rmf.Acl, MessageSide.Reply, 28));
        Assert.Equal([1, 2, 3], _capsule.GetBytes(Rmf.MdtMd, MessageSide.Reply).ToArray());
        Assert.Equal(Errno.EOVERFLOW, _capsule.Grow(Rmf.Acl, MessageSide.Reply, buffer.Capacity));
    }

    [Fact]
    public void Packing_and_reading_allocate_nothing_when_the_capsule_is_used_again()
    {
        using PooledBuffer memory = _pool.Take(4096);
        long total = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                _capsule.Reset();
                _capsule.SetFormat(RequestFormats.MdsGetattr);
                _capsule.Pack(MessageSide.Request, memory.Slice(0, memory.Capacity));
                _capsule.Set(Rmf.MdtBody, MessageSide.Request, new MdtBody { Fid1 = new Fid(1, 2, 3) });
                _capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody _);
            }
            total = Math.Min(total, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, total);
    }

    PooledBuffer PackGetattrName(ReadOnlySpan<byte> name)
    {
        _capsule.SetFormat(RequestFormats.MdsGetattrName);
        _capsule.SetSize(Rmf.Name, MessageSide.Request, name.Length + 1);
        PooledBuffer buffer = _capsule.Pack(MessageSide.Request, _pool);
        _capsule.Set(Rmf.PtlrpcBody, MessageSide.Request, new PtlrpcBodyV3 { Opcode = (uint)MdsOpcode.GetattrName });
        _capsule.Set(Rmf.MdtBody, MessageSide.Request, new MdtBody { FsUid = 77 });
        _capsule.SetString(Rmf.Name, MessageSide.Request, name);
        return buffer;
    }
}
