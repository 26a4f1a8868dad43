using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.Oss.Tests.Support;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Oss.Tests;

/// <summary>Extent locks of an OST, and what they tell of the object.</summary>
public sealed class LockTests
{
    static readonly LdlmResId s_resource = LdlmResId.FromOstFid(OssWorld.First).Value;

    [Fact]
    public void A_lock_comes_with_size_times_and_blocks() => Run(async (world, first, _) =>
    {
        first.Dress = static body => body with { Valid = body.Valid | MdtValid.FLMTIME, Mtime = 1234 };
        await first.WriteAsync(OssWorld.First, new byte[5000], true, BrwFlags.ASYNC, (0, 5000));
        var owner = new Owner();
        ClientLock held = await LockAsync(first, LockMode.PR, owner);
        Assert.Equal((5000UL, 1234L, 16UL), (owner.Seen.Size, owner.Seen.Mtime, owner.Seen.Blocks));
        held.Release(LockMode.PR);
    });

    [Fact]
    public void Who_asks_for_the_size_is_told_what_the_writer_knows() => Run(async (world, writer, reader) =>
    {
        var owner = new Owner { Told = new OstLvb { Size = 777777, Mtime = 5 } };
        ClientLock held = await LockAsync(writer, LockMode.PW, owner);
        OstLvb seen = await GlimpseAsync(reader);
        Assert.Equal((777777UL, 5L), (seen.Size, seen.Mtime));
        Assert.Equal(1, owner.Glimpses);
        Assert.Empty(owner.Lost);
        held.Release(LockMode.PW);
    });

    [Fact]
    public void A_write_under_a_lock_shows_once_the_lock_is_back() => Run(async (world, writer, reader) =>
    {
        var owner = new Owner
        {
            OnLosing = () => writer.WriteAsync(
            OssWorld.First, new byte[10000], true, BrwFlags.ASYNC, (0, 10000))
        };
        ClientLock held = await LockAsync(writer, LockMode.PW, owner);
        held.Release(LockMode.PW);
        var other = new Owner();
        ClientLock read = await LockAsync(reader, LockMode.PR, other);
        Assert.Equal([LockLoss.Cancelled], owner.Lost);
        Assert.Equal(10000UL, other.Seen.Size);
        read.Release(LockMode.PR);
    });

    [Fact]
    public void A_truncate_by_somebody_else_shows_in_the_value_block() => Run(async (world, first, second) =>
    {
        await first.WriteAsync(OssWorld.First, new byte[5000], true, BrwFlags.ASYNC, (0, 5000));
        ClientLock held = await LockAsync(first, LockMode.PR, new Owner());
        Assert.False((await BrwTests.PunchAsync(world, OssWorld.First, 100)).Failed);
        Assert.Equal(100UL, (await GlimpseAsync(second)).Size);
        held.Release(LockMode.PR);
    });

    [Fact]
    public void Who_holds_data_of_a_destroyed_object_drops_it() => Run(async (world, holder, other) =>
    {
        var owner = new Owner();
        ClientLock held = await LockAsync(holder, LockMode.PW, owner);
        held.Release(LockMode.PW);
        var body = new Obdo { ObjectId = new OstId(OssWorld.First), Valid = MdtValid.FLID };
        Assert.False((await other.CallAsync(RequestFormats.OstDestroy, body)).Failed);
        Assert.Equal([LockLoss.Discard], owner.Lost);
        Assert.Equal(Errno.ENOENT, (await EnqueueAsync(other, LockMode.PR, new Owner())).Status);
    });

    [Fact]
    public void A_lock_of_the_server_waits_for_clients_locks() => Run(async (world, holder, other) =>
    {
        var owner = new Owner();
        ClientLock held = await LockAsync(holder, LockMode.PW, owner);
        Task<Result<Obdo>> write = other.WriteAsync(
            OssWorld.First, new byte[10], true, BrwFlags.ASYNC | BrwFlags.SRVLOCK, (0, 10));
        await world.Sim.Delay(TimeSpan.FromSeconds(2));
        Assert.False(write.IsCompleted);
        held.Release(LockMode.PW);
        Assert.False((await write).Failed);
        Assert.Equal([LockLoss.Cancelled], owner.Lost);
    });

    static async Task<ClientLock> LockAsync(OstClient client, LockMode mode, Owner owner)
    {
        EnqueueResult result = await EnqueueAsync(client, mode, owner);
        Assert.Equal(Errno.OK, result.Status);
        return result.Lock!;
    }

    static async Task<EnqueueResult> EnqueueAsync(OstClient client, LockMode mode, Owner owner)
    {
        using PtlrpcRequest request = client.Locks.NewEnqueue(RequestFormats.LdlmEnqueueLvb);
        request.SetReplySize(Rmf.DlmLvb, Unsafe.SizeOf<OstLvb>());
        return await client.Locks.EnqueueAsync(
            new LockRequest
            {
                Resource = s_resource,
                Type = LockType.Extent,
                Mode = mode,
                Policy = LockPolicies.WholeObject,
                Callbacks = owner,
            },
            request, null, default);
    }

    static async Task<OstLvb> GlimpseAsync(OstClient client)
    {
        using PtlrpcRequest request = client.Locks.NewEnqueue(RequestFormats.LdlmEnqueueLvb);
        request.SetReplySize(Rmf.DlmLvb, Unsafe.SizeOf<OstLvb>());
        var owner = new Owner();
        EnqueueResult result = await client.Locks.EnqueueAsync(
            new LockRequest
            {
                Resource = s_resource,
                Type = LockType.Extent,
                Mode = LockMode.PR,
                Policy = LockPolicies.WholeObject,
                Flags = LockFlags.HAS_INTENT,
                Callbacks = owner,
            },
            request, null, default);
        Assert.Equal(Errno.OK, result.Status);
        result.Lock?.Release(LockMode.PR);
        return result.Lock is not null
            ? owner.Seen
            : MemoryMarshal.Read<OstLvb>(request.GetBytes(Rmf.DlmLvb));
    }

    static void Run(
        Func<OssWorld, OstClient, OstClient, Task> body, [CallerMemberName] string test = "") =>
        OssWorld.Run(
            async world =>
            {
                OstClient first = await OstClient.ConnectWithLocksAsync(await world.Sim.AddNodeAsync(), world.Oss);
                OstClient second = await OstClient.ConnectWithLocksAsync(await world.Sim.AddNodeAsync(), world.Oss);
                await body(world, first, second);
                await first.StopAsync();
                await second.StopAsync();
            },
            test: test);

    sealed class Owner : ILockCallbacks
    {
        public OstLvb Seen { get; private set; }

        public OstLvb? Told { get; init; }

        public Func<Task>? OnLosing { get; init; }

        public List<LockLoss> Lost { get; } = [];

        public int Glimpses { get; private set; }

        public void Granted(ClientLock granted, ReadOnlySpan<byte> lvb)
        {
            if (!lvb.IsEmpty)
                Seen = MemoryMarshal.Read<OstLvb>(lvb);
        }

        public async ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss)
        {
            Lost.Add(loss);
            if (OnLosing is { } losingIt)
                await losingIt();
        }

        public void Blocked(ClientLock blocked)
        {
        }

        public int Glimpse(ClientLock held, Span<byte> lvb)
        {
            Glimpses++;
            if (Told is not { } told)
                return 0;
            MemoryMarshal.Write(lvb, told);
            return Unsafe.SizeOf<OstLvb>();
        }

        public bool MayDrop(ClientLock unused) => true;
    }
}
