using Lustrous.Libcfs;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Tests.Support;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Osd.Tests.Disk;

/// <summary>
/// One bit changed, or one file cut or gone, anywhere in a target's directory: it is refused in a line that names a
/// file of it, or all that it gives out is what was written last, or EIO. The long form: <c>LUSTROUS_SEEDS=50</c>.
/// </summary>
public sealed class DiskDamageSweepTests : IDisposable
{
    const int Damages = 30;

    readonly DiskDirectoryFixture _directories = new();

    public void Dispose() => _directories.Dispose();

    [Fact]
    public void Damage_after_a_shutdown_is_found_wherever_it_is() =>
        Seeds.Each(3, seed => Sweep(seed, isShutDown: true));

    [Fact]
    public void Damage_after_a_kill_is_found_wherever_it_is() =>
        Seeds.Each(3, seed => Sweep(seed, isShutDown: false));

    void Sweep(ulong seed, bool isShutDown)
    {
        var random = new SeededRandom(seed);
        var world = new DtWorld();
        DiskDeviceOptions options = NewTarget(world);
        DiskDevice device = Open(world, options);
        var work = new DiskWorkload(device, random);
        string image = _directories.New();
        try
        {
            for (int i = 0; i < 80; i++)
                work.StepAsync().GetAwaiter().GetResult();
            Assert.Equal(Errno.OK, device.SyncAsync(TestContext.Current.CancellationToken).AsTask().Result);
            if (!isShutDown)
                DiskImage.Copy(options.Path, image);
            device.DisposeAsync().AsTask().Wait(TestContext.Current.CancellationToken);
            if (isShutDown)
                DiskImage.Copy(options.Path, image);
            int refused = 0, errors = 0;
            for (int i = 0; i < Damages; i++)
            {
                string damaged = _directories.New();
                DiskImage.Copy(image, damaged);
                string what = DiskImage.Damage(damaged, random);
                Check(what, work, options with { Path = damaged }, ref refused, ref errors);
                Directory.Delete(damaged, recursive: true);
            }
            Assert.True(refused > 0 && errors > 0, $"{refused} refused, {errors} errors");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"LUSTROUS_SEED={seed}", e);
        }
    }

    static void Check(string what, DiskWorkload work, DiskDeviceOptions options, ref int refused, ref int errors)
    {
        var world = new DtWorld();
        Errno error = DiskDevice.Open(world.Context, options, out DiskDevice? device, out string why);
        if (error != Errno.OK)
        {
            refused++;
            bool isGood = why.StartsWith(options.Path, StringComparison.Ordinal) && !why.Contains('\n');
            Assert.True(isGood, $"{what}: {why}");
            return;
        }
        try
        {
            int found = work.CheckDamaged(device!);
            errors += found;
            Assert.True(found == 0 || world.Errors.Any(e => e.Contains(options.Path, StringComparison.Ordinal)),
                $"{found} errors, and none was told with its file");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(what, e);
        }
        finally
        {
            device!.DisposeAsync().AsTask().Wait();
        }
    }

    DiskDeviceOptions NewTarget(DtWorld world)
    {
        var options = new DiskDeviceOptions
        {
            Path = _directories.New(),
            CapacityBytes = 64 << 20,
            MaxObjects = 1000,
            CommitDelay = TimeSpan.FromHours(1),
            JournalSegmentBytes = 100_000,
            CheckpointBytes = 1_000_000,
        };
        Assert.Equal(Errno.OK, DiskDevice.Format(options.Path, world.Context.Random));
        return options;
    }

    static DiskDevice Open(DtWorld world, DiskDeviceOptions options)
    {
        Errno error = DiskDevice.Open(world.Context, options, out DiskDevice? device, out string why);
        Assert.True(error == Errno.OK, why);
        return device!;
    }
}
