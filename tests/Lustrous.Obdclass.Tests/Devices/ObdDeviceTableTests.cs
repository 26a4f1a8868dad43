using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;

namespace Lustrous.Obdclass.Tests.Devices;

public sealed class ObdDeviceTableTests
{
    readonly ObdDeviceTable _table = new();
    readonly ConfigCommand _setup = ConfigCommand.Create(Idl.Config.LcfgCommand.SETUP, "d");

    public ObdDeviceTableTests() => _table.Register(new ObdType("echo", () => new EchoDevice()));

    [Fact]
    public async Task A_device_goes_through_its_states_as_lctl_dl_shows_them()
    {
        ObdDevice device = _table.Attach("echo", "d", "d_UUID").Value;
        Assert.Equal("  0 AT echo d d_UUID 1\n", _table.ToString());
        Assert.Equal(Errno.OK, await _table.SetupAsync(device, _setup, default));
        _table.Reference(device, +2);
        Assert.Equal("  0 UP echo d d_UUID 3\n", _table.ToString());
        Assert.Equal(Errno.EEXIST, await _table.SetupAsync(device, _setup, default));
        Assert.Equal(Errno.EBUSY, _table.Detach(device));
        Assert.Equal(Errno.OK, _table.SetActive(device, false));
        Assert.Equal("  0 IN echo d d_UUID 3\n", _table.ToString());
        Assert.Equal(Errno.OK, await _table.CleanupAsync(device, default));
        Assert.Equal(Errno.ENODEV, await _table.CleanupAsync(device, default));
        Assert.Equal(Errno.OK, _table.Detach(device));
        Assert.Equal(Errno.ENOENT, _table.Detach(device));
        Assert.Equal("", _table.ToString());
    }

    [Fact]
    public async Task A_failed_setup_leaves_the_device_attached()
    {
        ObdDevice device = _table.Attach("echo", "d", "").Value;
        ((EchoDevice)device).Answer = Errno.ENXIO;
        Assert.Equal(Errno.ENXIO, await _table.SetupAsync(device, _setup, default));
        Assert.Equal(ObdState.Attached, device.State);
    }

    [Fact]
    public void Names_and_types_are_checked_and_numbers_used_again()
    {
        Assert.Equal(Errno.ENODEV, _table.Attach("nothing", "d", "").Error);
        Assert.Equal(Errno.EINVAL, _table.Attach("echo", "", "").Error);
        Assert.Equal(Errno.EINVAL, _table.Attach("echo", new string('d', 128), "").Error);
        Assert.Equal(Errno.EINVAL, _table.Attach("echo", "d", new string('u', 40)).Error);
        ObdDevice first = _table.Attach("echo", "a", "").Value;
        Assert.Equal(1, _table.Attach("echo", "b", "").Value.Minor);
        Assert.Equal(Errno.EEXIST, _table.Attach("echo", "a", "").Error);
        Assert.Equal(Errno.OK, _table.Detach(first));
        Assert.Equal(0, _table.Attach("echo", "c", "").Value.Minor);
        Assert.Equal(Errno.EEXIST, _table.Register(new ObdType("echo", () => new EchoDevice())));
    }

    [Fact]
    public void The_table_has_an_end()
    {
        for (int i = 0; i < ObdDeviceTable.MaxDevices; i++)
            Assert.False(_table.Attach("echo", $"d{i}", "").Failed);
        Assert.Equal(Errno.EOVERFLOW, _table.Attach("echo", "one more", "").Error);
    }
}
