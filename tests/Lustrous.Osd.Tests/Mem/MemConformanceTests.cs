using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Osd.Tests.Conformance;
using Lustrous.Osd.Tests.Support;

namespace Lustrous.Osd.Tests.Mem;

/// <summary>The device in memory does what every device must.</summary>
public sealed class MemConformanceTests : DtConformance
{
    internal override IDtDevice NewDevice(DtWorld world, DtTestOptions options) =>
        new MemDevice(world.Context, new MemDeviceOptions
        {
            CapacityBytes = options.CapacityBytes,
            MaxObjects = options.MaxObjects,
            CommitDelay = options.CommitDelay,
        });
}
