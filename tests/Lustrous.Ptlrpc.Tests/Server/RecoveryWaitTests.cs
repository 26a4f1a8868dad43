using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ptlrpc.Tests.Server;

/// <summary>Requests that wait for a target's recovery must not keep others from coming in.</summary>
public sealed class RecoveryWaitTests
{
    const int Requests = 100, Bytes = 8 << 10;

    [Fact]
    public void Requests_that_wait_for_others_give_their_buffers_back()
    {
        var recovery = new EverybodyWaits();
        var seen = new List<byte[]>();
        ServerWorld.Run(async world =>
        {
            world.Target.Recovery = recovery;
            world.Target.IsRecovering = true;
            ScriptedExchange[] exchanges =
                [.. Enumerable.Range(0, Requests).Select(i => world.Client.Send(OstOpcode.Sync, null, Body(i)))];
            await world.Sim.SettledAsync();
            // Together they are several times what the service has buffers for.
            Assert.Equal(Requests, recovery.Waiting.Count);
            recovery.Release();
            foreach (ScriptedExchange exchange in exchanges)
                Assert.Equal(Errno.OK, (await exchange.Reply).Error);
        }, ServerWorld.Options() with { MaxBufferCount = 2 }, target => target.Handle(OstOpcode.Sync, new OpcodeHandler(
            null, LustreMsgVersion.OST_VERSION, HandlerFlags.None, (request, _) =>
            {
                seen.Add(request.Capsule.Message(MessageSide.Request).Buffer(1).ToArray());
                return new(Errno.OK);
            })));
        // The network may change their order.
        Assert.Equal(Enumerable.Range(0, Requests).Select(Body), seen.OrderBy(bytes => bytes[0]));
    }

    static byte[] Body(int number)
    {
        byte[] bytes = new byte[Bytes];
        Array.Fill(bytes, (byte)number);
        return bytes;
    }

    sealed class EverybodyWaits : ITargetRecovery
    {
        public List<TaskCompletionSource<Errno>> Waiting { get; } = [];

        public ValueTask<Errno> EnterAsync(ServerRequest request)
        {
            var source = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
            Waiting.Add(source);
            return new(source.Task);
        }

        public void Leave(ServerRequest request)
        {
        }

        public void Release()
        {
            foreach (TaskCompletionSource<Errno> source in Waiting)
                source.SetResult(Errno.OK);
        }
    }
}
