using Lustrous.Clients.Lov;
using Lustrous.Clients.Osc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Clients.Tests.Osc;

/// <summary>Data that is kept until its commit, which may come at any moment after the answer.</summary>
public sealed class OscKeptWriteTests
{
    const int Length = 100_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_committed_while_it_is_copied_is_given_back(bool isShort) => Run((_, request, kept, memory) =>
    {
        request.CommitCallback!(request);
        request.ReplayEndedCallback!(request);
        kept.Fill(request, Length, isShort ? [] : [memory], [0]);
        return Errno.OK;
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_counts_until_its_commit(bool isShort) => Run((osc, request, kept, memory) =>
    {
        kept.Fill(request, Length, isShort ? [] : [memory], [0]);
        Assert.Equal(isShort, request.Bulk is null);
        Assert.InRange(osc.KeptByteCount, Length + 1, Length + 4096);
        request.CommitCallback!(request);
        request.ReplayEndedCallback!(request);
        return Errno.OK;
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_lost_is_an_error_whenever(bool isEarly) => Run((_, request, kept, memory) =>
    {
        if (isEarly)
            request.ReplayEndedCallback!(request);
        kept.Fill(request, Length, [memory], [0]);
        if (!isEarly)
            request.ReplayEndedCallback!(request);
        return Errno.EIO;
    });

    /// <summary>Afterwards nothing is held or counted, and a sync says what the body expects, once.</summary>
    static void Run(Func<OscDevice, PtlrpcRequest, OscKeptWrite, IoVec, Errno> body) =>
        Simulation.Simulation.Run(1, async sim =>
        {
            OstCluster cluster = await OstCluster.StartAsync(sim, 1, 1);
            TestClient client = cluster.Clients[0];
            LovLayout layout = cluster.NewFile(1);
            TestFile file = client.Open(layout);
            OscDevice osc = client.Oscs[0];
            var expected = Errno.OK;
            client.Node.Host.Call(() =>
            {
                BufferPool buffers = client.Node.Context.Buffers;
                using PooledBuffer memory = buffers.Take(Length);
                long before = buffers.OutstandingBytes;
                using (PtlrpcRequest request = osc.Import.NewRequest(RequestFormats.OstBrwWrite))
                {
                    OscKeptWrite kept = OscKeptWrite.Expect(request, osc.GetObject(layout.Stripes[0].ObjectId));
                    Assert.True(request.HoldsReplay);
                    expected = body(osc, request, kept, memory.Slice(0, Length));
                    Assert.Null(request.Bulk);
                }
                Assert.Equal(0, osc.KeptByteCount);
                Assert.Equal(before, buffers.OutstandingBytes);
            });
            Assert.Equal(expected, await file.FlushAsync());
            Assert.Equal(Errno.OK, await file.FlushAsync());
            await cluster.StopAsync();
        });
}
