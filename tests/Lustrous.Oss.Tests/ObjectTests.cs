using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Oss.Tests.Support;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Oss.Tests;

/// <summary>Objects come, change and go: OST_CREATE, OST_DESTROY, OST_SETATTR, OST_PUNCH and their like.</summary>
public sealed class ObjectTests
{
    const MdtValid Named = MdtValid.FLID | MdtValid.FLGROUP;
    const uint SetUid = 0x800, SetGid = 0x400;

    [Fact]
    public void Objects_are_made_in_a_row_up_to_the_one_asked_for() => OssWorld.Run(async world =>
    {
        OstClient mdt = await OstClient.ConnectAsync(world.Sim.Nodes[0], world.Oss, more: ConnectFlags.MDS);
        Obdo reply = (await mdt.CreateAsync(OssWorld.Object(40))).Value;
        Assert.Equal(OssWorld.Object(40), reply.ObjectId.FidView);
        Assert.Equal(33554431UL, reply.Size);       // LUSTRE_DATA_SEQ_MAX_WIDTH
        Assert.Equal(MdtValid.FLID | MdtValid.FLGROUP | MdtValid.FLSIZE, reply.Valid);
        for (uint i = 1; i <= 40; i++)
            Assert.True(world.Oss.Storage.Locate(OssWorld.Object(i)).Exists);
        Assert.False(world.Oss.Storage.Locate(OssWorld.Object(41)).Exists);
        // An MDT that is behind learns where to go on.
        Assert.Equal(40U, (await mdt.CreateAsync(OssWorld.Object(10))).Value.ObjectId.FidView.ObjectId);
        await mdt.StopAsync();
    });

    [Fact]
    public void Only_an_MDT_makes_objects() => OssWorld.Run(async world =>
        Assert.Equal(Errno.EPERM, (await world.Client.CreateAsync(OssWorld.Object(40))).Error));

    [Fact]
    public void What_no_file_has_is_destroyed_when_the_MDT_says_what_it_used_last() => OssWorld.Run(async world =>
    {
        OstClient mdt = await OstClient.ConnectAsync(world.Sim.Nodes[0], world.Oss, more: ConnectFlags.MDS);
        Obdo reply = (await mdt.CreateAsync(OssWorld.Object(3), ObdoFlags.DELORPHAN)).Value;
        Assert.Equal(3U, reply.ObjectId.FidView.ObjectId);
        Assert.True(world.Oss.Storage.Locate(OssWorld.Object(3)).Exists);
        Assert.False(world.Oss.Storage.Locate(OssWorld.Object(4)).Exists);
        // And what it has used and is not there is made again.
        Assert.False((await mdt.CreateAsync(OssWorld.Object(6), ObdoFlags.DELORPHAN)).Failed);
        Assert.True(world.Oss.Storage.Locate(OssWorld.Object(6)).Exists);
        await mdt.StopAsync();
    });

    [Fact]
    public void Numbers_of_orphans_are_not_used_again_where_the_MDT_asks_for_that() => OssWorld.Run(async world =>
    {
        OstClient mdt = await OstClient.ConnectAsync(
            world.Sim.Nodes[0], world.Oss, more: ConnectFlags.MDS | ConnectFlags.SKIP_ORPHAN);
        Obdo reply = (await mdt.CreateAsync(OssWorld.Object(3), ObdoFlags.DELORPHAN)).Value;
        Assert.Equal(8U, reply.ObjectId.FidView.ObjectId);
        Assert.False(world.Oss.Storage.Locate(OssWorld.Object(4)).Exists);
        await mdt.StopAsync();
    });

    [Fact]
    public void The_last_number_of_a_sequence_can_be_asked_for() => OssWorld.Run(async world =>
    {
        OstClient mdt = await OstClient.ConnectAsync(world.Sim.Nodes[0], world.Oss, more: ConnectFlags.MDS);
        using PtlrpcRequest request = mdt.Import.NewRequest(RequestFormats.OstGetInfoLastFid);
        request.SetSize(Rmf.GetinfoKey, 8);
        request.SetBytes(Rmf.GetinfoKey, "last_fid"u8);
        request.Set(Rmf.Fid, OssWorld.First);
        Assert.Equal(Errno.OK, await request.SendAsync(default));
        Assert.Equal(OssWorld.Object(8), request.Get(Rmf.Fid).Value);
        await mdt.StopAsync();
    });

    [Fact]
    public void An_object_that_is_gone_is_gone_for_everybody() => OssWorld.Run(async world =>
    {
        var body = new Obdo { ObjectId = new OstId(OssWorld.First), Valid = Named };
        Assert.False((await world.Client.CallAsync(RequestFormats.OstGetattr, body)).Failed);
        Assert.False((await world.Client.CallAsync(RequestFormats.OstDestroy, body)).Failed);
        Assert.Equal(Errno.ENOENT, (await world.Client.CallAsync(RequestFormats.OstGetattr, body)).Error);
        Assert.Equal(Errno.ENOENT, (await world.Client.CallAsync(RequestFormats.OstDestroy, body)).Error);
        Assert.Equal(Errno.ENOENT, (await BrwTests.PunchAsync(world, OssWorld.First, 0)).Error);
    });

    [Fact]
    public void The_first_write_settles_the_owner_and_later_only_setattr_changes_it() => OssWorld.Run(async world =>
    {
        OstClient client = world.Client;
        client.Dress = body => body with
        {
            Valid = body.Valid | MdtValid.FLUID | MdtValid.FLGID | MdtValid.FLMTIME | MdtValid.FLFID,
            Uid = 1000,
            Gid = 100,
            Mtime = 5,
            ParentSequence = 0x200000402,
            ParentObjectId = 7,
        };
        Obdo reply = (await client.WriteAsync(OssWorld.First, new byte[10], true, BrwFlags.ASYNC, (0, 10))).Value;
        Assert.Equal((1000U, 100U, 0U), (reply.Uid, reply.Gid, reply.Mode & (SetUid | SetGid)));
        client.Dress = body => body with { Valid = body.Valid | MdtValid.FLUID, Uid = 2000 };
        reply = (await client.WriteAsync(OssWorld.First, new byte[10], true, BrwFlags.ASYNC, (0, 10))).Value;
        Assert.Equal(1000U, reply.Uid);
        Obdo set = (await client.CallAsync(RequestFormats.OstSetattr, new Obdo
        {
            ObjectId = new OstId(OssWorld.First),
            Valid = Named | MdtValid.FLUID | MdtValid.FLATIME,
            Uid = 3000,
            Atime = 77,
        })).Value;
        Assert.Equal((3000U, 77L, 5L, 10UL), (set.Uid, set.Atime, set.Mtime, set.Size));
        var parent = new byte[52];
        Assert.Equal(52, world.Oss.Storage.Locate(OssWorld.First).GetXattr("trusted.fid"u8, parent).Value);
        Assert.Equal(0x200000402UL, BitConverter.ToUInt64(parent));
    });

    [Fact]
    public void A_setattr_does_not_truncate() => OssWorld.Run(async world =>
    {
        var body = new Obdo { ObjectId = new OstId(OssWorld.First), Valid = Named | MdtValid.FLSIZE, Size = 5 };
        Assert.Equal(Errno.EPERM, (await world.Client.CallAsync(RequestFormats.OstSetattr, body)).Error);
    });

    [Fact]
    public void Truncating_fallocating_and_seeking() => OssWorld.Run(async world =>
    {
        OstClient client = world.Client;
        Assert.False((await client.WriteAsync(OssWorld.First, new byte[8192], true, BrwFlags.ASYNC, (0, 8192))).Failed);
        Assert.False((await BrwTests.PunchAsync(world, OssWorld.First, 100)).Failed);
        var body = new Obdo { ObjectId = new OstId(OssWorld.First), Valid = Named };
        Assert.Equal(100UL, (await client.CallAsync(RequestFormats.OstGetattr, body)).Value.Size);

        Obdo range = body with
        {
            Valid = Named | MdtValid.FLSIZE | MdtValid.FLBLOCKS,
            Size = 1 << 20,
            Blocks = (1 << 20) + 65536,
        };
        // Who allocates says no time; the object changes now all the same, as a kernel's file system has it.
        Obdo allocated = (await client.CallAsync(RequestFormats.OstFallocate, range)).Value;
        Assert.True(allocated.Mtime > 1_700_000_000 && allocated.Ctime == allocated.Mtime);
        Assert.Equal((1UL << 20) + 65536, (await client.CallAsync(RequestFormats.OstGetattr, body)).Value.Size);
        Assert.Equal(Errno.EOPNOTSUPP,
            (await client.CallAsync(RequestFormats.OstFallocate, range with { Nlink = 0x8 })).Error);
        Assert.Equal(Errno.EINVAL,
            (await client.CallAsync(RequestFormats.OstFallocate, range with { Blocks = 1 })).Error);

        Obdo hole = (await client.CallAsync(RequestFormats.OstSeek, body with { Size = 0, Mode = 4 })).Value;
        Assert.Equal(4096UL, hole.Size);
        Obdo beyond = (await client.CallAsync(RequestFormats.OstSeek, body with { Size = 1 << 30, Mode = 3 })).Value;
        Assert.Equal(-(long)Errno.ENXIO, (long)beyond.Size);
        Assert.Equal(Errno.EPROTO,
            (await client.CallAsync(RequestFormats.OstSeek, body with { Size = 0, Mode = 2 })).Error);
    });

    [Fact]
    public void A_write_that_was_sent_before_a_setattr_does_not_set_the_time_back() => OssWorld.Run(async world =>
    {
        OstClient client = world.Client;
        client.Dress = body => body with { Valid = body.Valid | MdtValid.FLMTIME, Mtime = 10 };
        Task<Result<Obdo>> write;
        Obdo body = new() { ObjectId = new OstId(OssWorld.First), Valid = Named | MdtValid.FLMTIME, Mtime = 999 };
        // The write's bulk takes longer than the setattr that was sent after it.
        write = client.WriteAsync(OssWorld.First, new byte[4 << 20], false, BrwFlags.ASYNC, (0, 4 << 20));
        Assert.False((await client.CallAsync(RequestFormats.OstSetattr, body)).Failed);
        Assert.False((await write).Failed);
        Assert.Equal(999, (await client.CallAsync(RequestFormats.OstGetattr, body with { Valid = Named })).Value.Mtime);
    });

    [Fact]
    public void A_sync_makes_everything_durable() => OssWorld.Run(
        async world =>
        {
            Assert.False(
                (await world.Client.WriteAsync(OssWorld.First, new byte[9], true, BrwFlags.ASYNC, (0, 9))).Failed);
            ulong before = world.Oss.Storage.CommittedSequence;
            var body = new Obdo { ObjectId = new OstId(OssWorld.First), Valid = Named };
            Assert.Equal(9UL, (await world.Client.CallAsync(RequestFormats.OstSync, body)).Value.Size);
            Assert.True(world.Oss.Storage.CommittedSequence > before);
        },
        new() { CommitDelay = TimeSpan.FromSeconds(5) });
}
