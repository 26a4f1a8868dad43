using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Simulation;
using Lustrous.Target.Clients;
using Xunit;

namespace Lustrous.Target.Tests;

/// <summary>What a target knows again of its clients after a restart.</summary>
public sealed class LastRcvdTests
{
    static readonly LuTargetOptions s_mdt =
        new() { Kind = TargetKind.Mdt, Name = "test-MDT0000", IsReplayable = true };

    [Fact]
    public void A_client_is_found_again_with_its_last_number() => Run(device =>
    {
        LastRcvd first = Open(device);
        Assert.Equal((1UL, 0UL, 0), (first.MountCount, first.LastTransno, first.Count));
        ClientSlot slot = first.Add("client", 0).Value;
        Assert.True(slot.IsDurable);
        Write(device, first, slot, new ReplyRecord { Xid = 7, Transno = 40, Data = 3 });
        Write(device, first, slot, new ReplyRecord { Xid = 9, Transno = 41, IsClose = true });

        LastRcvd second = Open(device);
        Assert.Equal((2UL, 41UL, 1), (second.MountCount, second.LastTransno, second.Count));
        ClientSlot known = second.Find("client")!;
        Assert.Equal((slot.Line, 41UL, true), (known.Line, known.LastTransno, known.IsDurable));
        Assert.True(second.TryFind(known, 7, out ReplyRecord record));
        Assert.Equal((40UL, 3UL), (record.Transno, record.Data));
        Assert.True(second.TryFind(known, 9, out record));
        Assert.Equal(41UL, record.Transno);
        Assert.False(second.TryFind(known, 8, out _));
    });

    [Fact]
    public void Every_reply_that_was_not_acknowledged_is_found_again() => Run(device =>
    {
        LastRcvd first = Open(device);
        ClientSlot slot = first.Add("many", 8).Value;
        for (ulong i = 1; i <= 5; i++)
            Write(device, first, slot, new ReplyRecord { Xid = 100 + i, Transno = i, Data = i * 10, Tag = (ushort)i });
        // Slot 3 is used again, and the client says that it has the replies up to 102.
        Write(device, first, slot, new ReplyRecord { Xid = 106, Transno = 6, Tag = 3 });
        first.Acknowledge(slot, 102);

        LastRcvd second = Open(device);
        ClientSlot known = second.Find("many")!;
        Assert.Equal(6UL, second.LastTransno);
        Assert.Equal(6UL, known.LastTransno);
        Assert.True(second.TryFind(known, 104, out ReplyRecord record));
        Assert.Equal((4UL, 40UL), (record.Transno, record.Data));
        Assert.True(second.TryFind(known, 105, out _));
        Assert.True(second.TryFind(known, 106, out _));
    });

    [Fact]
    public void Lines_are_used_again_and_the_highest_number_never_goes() => Run(device =>
    {
        LastRcvd first = Open(device);
        ClientSlot slot = first.Add("many", 2).Value;
        for (ulong i = 1; i <= 200; i++)
        {
            Write(device, first, slot, new ReplyRecord { Xid = i, Transno = i, Tag = (ushort)(1 + i % 2) });
            first.Acknowledge(slot, i);
        }
        Assert.True(device.Locate(DtLocalFid.ReplyData).EntryCount <= 6);
        Assert.Equal(200UL, Open(device).LastTransno);
        Assert.Equal(200UL, Open(device).Find("many")!.LastTransno);
    });

    [Fact]
    public void Who_has_left_is_unknown_and_its_number_is_kept() => Run(device =>
    {
        LastRcvd first = Open(device);
        ClientSlot slot = first.Add("many", 8).Value;
        Write(device, first, slot, new ReplyRecord { Xid = 1, Transno = 77, Tag = 1 });
        first.Remove(slot, 77);
        first.Remove(slot, 77);
        ClientSlot other = first.Add("other", 8).Value;
        Assert.Equal(slot.Line, other.Line);
        Assert.NotEqual(slot.Generation, other.Generation);

        LastRcvd second = Open(device);
        Assert.Null(second.Find("many"));
        Assert.False(second.TryFind(second.Find("other")!, 1, out _));
        Assert.Equal(77UL, second.LastTransno);
    });

    [Fact]
    public void A_number_without_a_client_is_kept_too() => Run(device =>
    {
        LastRcvd first = Open(device);
        Write(device, first, null, new ReplyRecord { Xid = 1, Transno = 12 });
        Assert.Equal(12UL, Open(device).LastTransno);
    });

    [Fact]
    public void Each_life_counts_from_above_the_former_one() => Run(device =>
    {
        LastRcvd first = Open(device);
        Assert.Equal(1UL << 32, Begin(first));
        Write(device, first, null, new ReplyRecord { Transno = (1UL << 32) + 5 });
        LastRcvd second = Open(device);
        Assert.Equal((1UL << 32) + 5, second.LastTransno);
        Assert.Equal(2UL << 32, Begin(second));

        ulong Begin(LastRcvd file)
        {
            DtTransaction transaction = device.Begin();
            Assert.Equal(Errno.OK, transaction.Start());
            Assert.Equal(Errno.OK, file.BeginEpoch(transaction, file.LastTransno, out ulong next));
            transaction.Stop();
            return next;
        }
    });

    [Fact]
    public void The_disk_of_another_target_is_refused() => Run(device =>
    {
        Open(device);
        Assert.Equal(Errno.EINVAL, LastRcvd.Open(device, s_mdt with { Name = "test-MDT0001" }).Error);
        Assert.Equal(Errno.EINVAL, LastRcvd.Open(device, s_mdt with { Index = 1 }).Error);
        Assert.Equal(2UL, Open(device).MountCount);
    });

    [Fact]
    public void A_full_device_still_takes_the_numbers_of_clients_that_are_known() => Run(device =>
    {
        LastRcvd first = Open(device);
        ClientSlot slot = first.Add("many", 8).Value;
        ClientSlot one = first.Add("one", 0).Value;
        DtTransaction all = device.Begin();
        while (all.DeclareXattr(1) == Errno.OK)
        {
        }
        Assert.Equal(Errno.ENOSPC, first.Add("late", 8).Error);
        for (ulong i = 1; i <= 20; i++)
        {
            Write(device, first, slot, new ReplyRecord { Xid = i, Transno = i, Tag = (ushort)(1 + i % 8) });
            Write(device, first, one, new ReplyRecord { Xid = i, Transno = i });
        }
        first.Remove(one, 20);
        all.Stop();
        Assert.Equal(20UL, Open(device).LastTransno);
    });

    [Fact]
    public void Lines_of_clients_that_have_left_serve_those_that_come_after_a_restart() => Run(device =>
    {
        for (ulong life = 1; life <= 10; life++)
        {
            LastRcvd file = Open(device);
            ClientSlot slot = file.Add($"client-{life}", TargetConnect.MaxModifyRpcs).Value;
            Write(device, file, slot, new ReplyRecord { Xid = life, Transno = life, Tag = 1 });
            if (file.Find($"client-{life - 1}") is { } earlier)
                file.Remove(earlier, life);
        }
        Assert.InRange(
            device.Locate(DtLocalFid.ReplyData).EntryCount, 1, 2 * LastRcvd.ReplyLinesOf(TargetConnect.MaxModifyRpcs));
    });

    static LastRcvd Open(MemDevice device) => LastRcvd.Open(device, s_mdt).Value;

    static void Write(MemDevice device, LastRcvd file, ClientSlot? slot, in ReplyRecord record)
    {
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, file.Record(transaction, slot, record));
        transaction.Stop();
    }

    static void Run(Action<MemDevice> body) => Simulation.Simulation.Run(1, async sim =>
    {
        SimNode node = await sim.AddNodeAsync();
        await node.RunAsync(async () =>
        {
            var device = new MemDevice(node.Context, new MemDeviceOptions { CapacityBytes = 1 << 20 });
            body(device);
            await device.DisposeAsync();
        });
    });
}
