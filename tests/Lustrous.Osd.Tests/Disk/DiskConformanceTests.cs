using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Tests.Conformance;
using Lustrous.Osd.Tests.Support;
using Xunit;

namespace Lustrous.Osd.Tests.Disk;

/// <summary>The device on a disk does what every device must.</summary>
public sealed class DiskConformanceTests : DtConformance
{
    readonly DiskDirectoryFixture _directories = new();

    internal override IDtDevice NewDevice(DtWorld world, DtTestOptions options)
    {
        var diskOptions = new DiskDeviceOptions
        {
            Path = _directories.New(),
            CapacityBytes = options.CapacityBytes,
            MaxObjects = options.MaxObjects,
            CommitDelay = options.CommitDelay,
            JournalSegmentBytes = 1 << 20,
        };
        Assert.Equal(Errno.OK, DiskDevice.Format(diskOptions.Path, world.Context.Random));
        Errno error = DiskDevice.Open(world.Context, diskOptions, out DiskDevice? device, out string why);
        Assert.True(error == Errno.OK, why);
        return device!;
    }

    protected override void AfterDevices() => _directories.Dispose();
}
