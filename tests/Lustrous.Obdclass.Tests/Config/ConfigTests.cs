using CsCheck;
using Lustrous.Idl.Config;
using Lustrous.Idl.Llog;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;
using Lustrous.Obdclass.Llog;
using Lustrous.Obdclass.Tests.Devices;

namespace Lustrous.Obdclass.Tests.Config;

public sealed class ConfigTests
{
    [Theory]
    [InlineData("lustre-client")]
    [InlineData("lustre-MDT0000")]
    [InlineData("lustre-OST0000")]
    public void Every_command_of_a_kernel_log_reads_and_rewrites_unchanged(string name)
    {
        int commands = 0;
        Fixtures.Open(Fixtures.ConfigLog(name)).Process((in LlogRecord record) =>
        {
            Assert.Equal(LlogRecordType.OBD_CFG_REC, record.Type);
            Assert.Equal(record.Body, ConfigCommand.Parse(record.Body).Value.ToArray());
            commands++;
            return Errno.OK;
        });
        Assert.True(commands > 2);
    }

    [Theory]
    [InlineData("lustre-client")]
    [InlineData("lustre-MDT0000")]
    [InlineData("lustre-OST0000")]
    public void A_kernel_log_prints_as_llog_print_prints_it(string name)
    {
        var lines = new List<string>();
        Errno error = ConfigLog.Process(Fixtures.Open(Fixtures.ConfigLog(name)), (index, command) =>
        {
            lines.Add(ConfigLogText.Format(index, command));
            return Errno.OK;
        });
        Assert.Equal(Errno.OK, error);
        Assert.Equal(Fixtures.PrintedLog(name), lines);
    }

    [Fact]
    public void Commands_outside_markers_and_in_skipped_items_do_not_count()
    {
        var markers = new ConfigLog();
        ConfigCommand command = ConfigCommand.Create(LcfgCommand.PARAM, "d", "a=1");
        Assert.False(markers.Counts(command));
        markers.Counts(Marker(MarkerFlags.START));
        Assert.True(markers.Counts(command));
        markers.Counts(Marker(MarkerFlags.END));
        Assert.False(markers.Counts(command));
        markers.Counts(Marker(MarkerFlags.START | MarkerFlags.SKIP));
        Assert.False(markers.Counts(command));
        markers.Counts(ConfigCommand.Create(LcfgCommand.MARKER, "d", "too short"));
        Assert.False(markers.Counts(command));
    }

    [Fact]
    public void Any_command_comes_back_from_its_bytes_and_damage_is_refused_not_read() =>
        Gen.Select(Gen.Byte.Array[0, 40].Array[0, 7], Gen.UInt, Gen.Int[0, 400], Gen.Byte).Sample(
        (buffers, number, at, value) =>
        {
            byte[] bytes = new ConfigCommand(LcfgCommand.PARAM, buffers) { Number = number }.ToArray();
            ConfigCommand back = ConfigCommand.Parse(bytes).Value;
            Assert.Equal((number, buffers.Length), (back.Number, back.BufferCount));
            for (int i = 0; i < buffers.Length; i++)
                Assert.Equal(buffers[i], back.Buffer(i));

            bytes[at % bytes.Length] = value;
            Result<ConfigCommand> damaged = ConfigCommand.Parse(bytes.AsSpan(0, bytes.Length - (at % 9)));
            Assert.True(damaged.Failed ? damaged.Error == Errno.EPROTO : damaged.Value.Size > 0);
        });

    [Fact]
    public async Task A_client_log_sets_its_devices_up()
    {
        var devices = new ObdDeviceTable();
        foreach (string type in new[] { "lov", "lmv", "mdc", "osc" })
            devices.Register(new ObdType(type, () => new EchoDevice()));
        var uuids = new UuidTable();
        var processor = new ConfigProcessor(devices, uuids);

        var commands = new List<ConfigCommand>();
        ConfigLog.Process(Fixtures.Open(Fixtures.ConfigLog("lustre-client")), (_, command) =>
        {
            commands.Add(command);
            return Errno.OK;
        });
        foreach (ConfigCommand command in commands)
            Assert.Equal(Errno.OK, await processor.ProcessAsync(command, default));

        Assert.Equal(new ConfigProfile("lustre-clilov", "lustre-clilmv"), processor.Profile("lustre-client"));
        Assert.Equal(
            "  0 UP lov lustre-clilov lustre-clilov_UUID 1\n" +
            "  1 UP lmv lustre-clilmv lustre-clilmv_UUID 1\n" +
            "  2 UP mdc lustre-MDT0000-mdc lustre-clilmv_UUID 1\n" +
            "  3 UP osc lustre-OST0000-osc lustre-clilov_UUID 1\n" +
            "  4 UP osc lustre-OST0001-osc lustre-clilov_UUID 1\n" +
            "  5 UP mdc lustre-MDT0001-mdc lustre-clilmv_UUID 1\n",
            devices.ToString());
        Assert.Equal("10.99.0.11@tcp", Assert.Single(uuids.Find("10.99.0.11@tcp")).ToString());

        var lov = (EchoDevice)devices.Find("lustre-clilov")!;
        Assert.Equal(
            ["SETUP", "ADD_MDC", "LOV_ADD_OBD", "LOV_ADD_OBD", "ADD_MDC"],
            lov.Heard.Select(command => command.Command.ToString()));
    }

    [Fact]
    public async Task A_command_for_nobody_is_refused()
    {
        var processor = new ConfigProcessor(new ObdDeviceTable(), new UuidTable());
        async Task<Errno> Process(LcfgCommand command, params string[] texts) =>
            await processor.ProcessAsync(ConfigCommand.Create(command, texts), default);

        Assert.Equal(Errno.EINVAL, await Process(LcfgCommand.SETUP, "nobody"));
        Assert.Equal(Errno.EINVAL, await Process(LcfgCommand.SETUP));
        Assert.Equal(Errno.EINVAL, await Process(LcfgCommand.ATTACH, "d"));
        Assert.Equal(Errno.ENODEV, await Process(LcfgCommand.ATTACH, "d", "t"));
        Assert.Equal(Errno.EINVAL, await Process(LcfgCommand.ADD_UUID, "d", "u"));
        Assert.Equal(Errno.EINVAL, await Process(LcfgCommand.DEL_UUID, "d", "u"));
    }

    [Fact]
    public void A_uuid_holds_so_many_nids_and_each_once()
    {
        var uuids = new UuidTable();
        for (uint i = 0; i < 32; i++)
            Assert.Equal(Errno.OK, uuids.Add("u", Nid.FromNid4(0x2_0000_0000_0000UL + i)));
        Assert.Equal(Errno.OK, uuids.Add("u", Nid.FromNid4(0x2_0000_0000_0000)));
        Assert.Equal(Errno.E2BIG, uuids.Add("u", Nid.FromNid4(0x2_0000_0000_0099)));
        Assert.Equal(32, uuids.Find("u").Count);
        Assert.Equal(Errno.OK, uuids.Remove(null));
        Assert.Empty(uuids.Find("u"));
    }

    static ConfigCommand Marker(MarkerFlags flags) => ConfigLog.Marker("d", new CfgMarker { Flags = flags });
}
