using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Clients.Tests;

/// <summary>What an OST has to be told of, over a restart of the MDT.</summary>
public sealed class OspChangeLogTests
{
    static readonly OspChange s_destroy = new(new Fid(0x280000400, 5));
    static readonly OspChange s_owner = new(new Fid(0x280000400, 6), MdtValid.FLUID | MdtValid.FLPROJID, 7, 0, 9);

    [Fact]
    public void What_was_not_confirmed_is_told_again_after_a_restart() => Run(device =>
    {
        var first = new DtOspChangeLog(device, 2);
        Assert.Empty(first.Load());
        ulong destroy = Add(device, first, s_destroy);
        ulong owner = Add(device, first, s_owner);
        ulong done = Add(device, first, s_destroy);
        first.Cancel(done);
        first.Cancel(done);

        var second = new DtOspChangeLog(device, 2);
        Assert.Equal([(s_destroy, destroy), (s_owner, owner)], second.Load());
        Assert.Empty(new DtOspChangeLog(device, 3).Load());
        Assert.NotEqual(owner, Add(device, second, s_destroy));
        Assert.Equal(3, second.Count);
    });

    [Fact]
    public void A_full_device_does_not_keep_anything_from_being_removed() => Run(device =>
    {
        var log = new DtOspChangeLog(device, 0);
        log.Load();
        DtTransaction all = device.Begin();
        while (all.DeclareXattr(1) == Errno.OK)
        {
        }
        Add(device, log, s_destroy);
        all.Stop();
        Assert.Equal(0, log.Count);
    });

    static ulong Add(MemDevice device, DtOspChangeLog log, OspChange change)
    {
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, log.Declare(transaction));
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, log.Add(transaction, change, out ulong cookie));
        transaction.Stop();
        return cookie;
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
