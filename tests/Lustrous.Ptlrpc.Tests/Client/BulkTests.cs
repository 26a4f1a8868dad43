using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Client;

public sealed class BulkTests
{
    const uint Portal = Portals.OST_BULK_PORTAL;

    [Theory]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData(5_000_000)]
    [InlineData(16 << 20)]
    public void Data_of_any_size_goes_both_ways_unchanged(int size) => Seeds.Simulate(2, sim => ClientPair.RunAsync(
        sim,
        async pair =>
        {
            await pair.ConnectAsync();
            using PooledBuffer ours = pair.ClientNode.Context.Buffers.Take(size);
            using PooledBuffer theirs = pair.ServerNode.Context.Buffers.Take(size);
            Fill(pair, ours.Span[..size]);
            theirs.Span.Clear();

            Assert.Equal(Errno.OK, await MoveAsync(pair, BulkType.GetSource, ours, theirs, size));      // write
            Assert.True(ours.Span[..size].SequenceEqual(theirs.Span[..size]));
            ours.Span.Clear();
            Assert.Equal(Errno.OK, await MoveAsync(pair, BulkType.PutSink, ours, theirs, size));        // read
            Assert.True(ours.Span[..size].SequenceEqual(theirs.Span[..size]));
        }));

    [Fact]
    public void A_short_read_uses_up_every_descriptor() => Seeds.Simulate(4, sim => ClientPair.RunAsync(
        sim,
        async pair =>
        {
            await pair.ConnectAsync();
            const int wanted = 3 << 20;
            using PooledBuffer ours = pair.ClientNode.Context.Buffers.Take(wanted);
            using PooledBuffer theirs = pair.ServerNode.Context.Buffers.Take(wanted);
            Assert.Equal(Errno.OK, await MoveAsync(pair, BulkType.PutSink, ours, theirs, wanted, serverSize: 5000));
            Assert.Equal(5000, _moved);
        }));

    [Theory]
    [InlineData(BulkType.PutSource)]
    [InlineData(BulkType.GetSink)]
    public void A_transfer_that_LNet_does_not_take_ends_as_failed(BulkType type) => Seeds.Simulate(
        1,
        sim => ClientPair.RunAsync(sim, pair =>
        {
            using PooledBuffer memory = pair.ServerNode.Context.Buffers.Take(3 << 20);
            var bulk = new BulkDescriptor();
            bulk.Reset(type, portal: 64);       // of 0 to 63
            Assert.Equal(Errno.OK, bulk.Add(memory.Slice(0, 3 << 20)));
            var owner = new EndCounter();
            Assert.Equal(
                Errno.OK,
                bulk.Start(pair.ServerNode.LNet, Lustrous.Idl.LNet.Nid.Any, pair.ClientNode.Id, 64 + 2, owner));
            Assert.Equal((1, true, false), (owner.Ended, bulk.Failed, bulk.IsActive));
            return Task.CompletedTask;
        }));

    [Fact]
    public void A_reply_without_the_data_ends_in_EIO_after_a_while() => Seeds.Simulate(4, sim => ClientPair.RunAsync(
        sim,
        async pair =>
        {
            await pair.ConnectAsync();
            using PooledBuffer ours = pair.ClientNode.Context.Buffers.Take(4096);
            Assert.Equal(Errno.EIO, await CallAsync(pair, BulkType.PutSink, ours, 4096));
        }));

    [Fact]
    public void An_error_from_the_server_gives_the_memory_back_untouched() => Seeds.Simulate(
        4, sim => ClientPair.RunAsync(
        sim,
        async pair =>
        {
            await pair.ConnectAsync();
            pair.Server.Script = request =>
            {
                if (request.Opcode != (uint)OstOpcode.Statfs)
                    return false;
                request.ReplyBits = request.Body.MatchBits;
                request.Reply(Errno.ENOSPC);
                return true;
            };
            using PooledBuffer ours = pair.ClientNode.Context.Buffers.Take(4096);
            Assert.Equal(Errno.ENOSPC, await CallAsync(pair, BulkType.GetSource, ours, 4096));
        },
        options => options));

    [Fact]
    public void A_bulk_sent_again_has_new_match_bits() => Seeds.Simulate(4, sim => ClientPair.RunAsync(
        sim,
        async pair =>
        {
            await pair.ConnectAsync();
            pair.Server.ConnectOpFlags |= MsgConnectFlags.RECONNECT;
            using PooledBuffer ours = pair.ClientNode.Context.Buffers.Take(2 << 20);
            using PooledBuffer theirs = pair.ServerNode.Context.Buffers.Take(2 << 20);
            int seen = 0;
            Func<ScriptedRequest, bool> moves = Moves(pair, BulkType.GetSink, theirs, 2 << 20);
            pair.Server.Script = request =>
                (request.Opcode == (uint)OstOpcode.Statfs && seen++ == 0) || moves(request);
            Assert.Equal(Errno.OK, await CallAsync(pair, BulkType.GetSource, ours, 2 << 20));
            ScriptedRequest[] sent = [.. pair.Server.Calls];
            Assert.Equal(sent[0].Xid, sent[1].Xid);
            Assert.True(sent[1].Body.MatchBits > sent[0].Body.MatchBits);
            Assert.All(sent, request => Assert.Equal(1UL, request.Body.MatchBits % 128));   // two descriptors
        }));

    [Theory]
    [InlineData(0, 1 << 20, 1)]
    [InlineData(1, 1 << 20, 2)]         // a page begun is a page
    [InlineData(4095, 1, 1)]
    [InlineData(0, 16 << 20, 16)]
    [InlineData(100, 16 << 20, 17)]
    public void The_cut_counts_pages_of_the_file(int pageOffset, int size, int descriptors)
    {
        using PooledBuffer buffer = new BufferPool().Take(size);
        var bulk = new BulkDescriptor();
        bulk.Reset(BulkType.PutSink, Portal);
        Assert.Equal(Errno.OK, bulk.Add(buffer.Slice(0, size), pageOffset));
        Assert.Equal((descriptors, size), (bulk.DescriptorCount, bulk.Size));
        Assert.Equal(size == 16 << 20 ? Errno.EFBIG : Errno.OK, bulk.Add(buffer.Slice(0, 1)));
    }

    /// <summary>A server's storage may have a page in pieces, where a hole begins in it, and its client not.</summary>
    [Fact]
    public void The_cut_does_not_depend_on_how_pages_lie_in_memory() => Seeds.Each(50, seed =>
    {
        const int size = 3 << 20;
        var random = new SeededRandom(seed);
        int pageOffset = random.Next(4096);
        using PooledBuffer buffer = new BufferPool().Take(2 * size);
        BulkDescriptor whole = new(), pieces = new();
        pieces.Reset(BulkType.PutSource, Portal);
        for (int at = 0; at < size;)
        {
            int length = Math.Min(size - at, 1 + random.Next(random.Next(2) == 0 ? 5000 : 500_000));
            Assert.Equal(Errno.OK, pieces.Add(buffer.Slice(at, length), pageOffset + at & 4095));
            at += length;
            // As many for every beginning: the borders are the same.
            whole.Reset(BulkType.PutSink, Portal);
            Assert.Equal(Errno.OK, whole.Add(buffer.Slice(0, at), pageOffset));
            Assert.Equal((whole.DescriptorCount, at), (pieces.DescriptorCount, pieces.Size));
        }
    });

    int _moved;

    Task<Errno> MoveAsync(
        ClientPair pair, BulkType type, PooledBuffer ours, PooledBuffer theirs, int size, int serverSize = -1)
    {
        BulkType other = type == BulkType.GetSource ? BulkType.GetSink : BulkType.PutSource;
        pair.Server.Script = Moves(pair, other, theirs, serverSize < 0 ? size : serverSize);
        return CallAsync(pair, type, ours, size);
    }

    /// <summary>The server moves the data of each call and then replies.</summary>
    Func<ScriptedRequest, bool> Moves(ClientPair pair, BulkType type, PooledBuffer memory, int size) => request =>
    {
        if (request.Opcode != (uint)OstOpcode.Statfs)
            return false;
        var bulk = new BulkDescriptor();
        bulk.Reset(type, Portal);
        Assert.Equal(Errno.OK, bulk.Add(memory.Slice(0, size)));
        request.ReplyBits = request.Body.MatchBits;
        request.Move(bulk, ended =>
        {
            _moved = (int)ended.TransferredBytes;
            request.Reply(ended.Failed ? Errno.EIO : Errno.OK);
        });
        return true;
    };

    static async Task<Errno> CallAsync(ClientPair pair, BulkType type, PooledBuffer memory, int size)
    {
        BulkDescriptor bulk = pair.Node.TakeBulk(type, Portal);
        Assert.Equal(Errno.OK, bulk.Add(memory.Slice(0, size)));
        using PtlrpcRequest request = pair.NewCall();
        request.Bulk = bulk;
        Errno status = await request.SendAsync(default);
        Assert.False(bulk.IsActive);
        pair.Node.ReturnBulk(bulk);
        return status;
    }

    sealed class EndCounter : IBulkOwner
    {
        public int Ended { get; private set; }

        public void OnBulkEnded(BulkDescriptor bulk) => Ended++;
    }

    static void Fill(ClientPair pair, Span<byte> memory)
    {
        for (int i = 0; i < memory.Length; i += 997)
            memory[i] = (byte)pair.Sim.Random.Next(256);
    }
}
