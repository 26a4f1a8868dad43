using Lustrous.Idl.Mgs;
using Lustrous.Idl.Wire;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Llog;

namespace Lustrous.Mgs.Tests;

/// <summary>Who may register, and what becomes of it.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public async Task A_fresh_target_may_not_take_an_index_that_is_in_use()
    {
        await using var world = new MgsWorld();
        await world.RegisterAsync("MDT0000", "10.0.0.1@tcp");
        await world.RegisterAsync("OST0003", "10.0.0.2@tcp");

        Result<MgsTargetInfo> second = await world.Mgs.RegisterAsync(
            MgsWorld.Target("OST0003", "10.0.0.3@tcp"), default);

        Assert.Equal(Errno.EADDRINUSE, second.Error);
    }

    /// <summary>Its answer was lost, or it was killed before it noted it.</summary>
    [Theory]
    [InlineData("MDT0000")]
    [InlineData("OST0003")]
    public async Task A_first_registration_may_be_repeated_until_the_target_has_taken_clients(string name)
    {
        await using var world = new MgsWorld();
        await world.RegisterAsync("MDT0000", "10.0.0.1@tcp");
        if (name != "MDT0000")
            await world.RegisterAsync(name, "10.0.0.1@tcp");
        byte[] before = ((MemoryLlogStorage)world.Store.Find("lustre-client")!).Bytes.ToArray();

        MgsTargetInfo again = await world.RegisterAsync(name, "10.0.0.1@tcp");

        Assert.Equal("lustre-" + name, again.ServiceName.ToString());
        Assert.Equal($"lustre-{name}_UUID", again.Uuid.ToString());
        Assert.Equal(LddFlags.REWRITE_LDD, again.Flags & (LddFlags.REWRITE_LDD | LddFlags.VIRGIN | LddFlags.UPDATE));
        Assert.Equal(before, ((MemoryLlogStorage)world.Store.Find("lustre-client")!).Bytes.ToArray());
        Assert.Equal(Errno.EADDRINUSE, (await world.Mgs.RegisterAsync(
            MgsWorld.Target(name, "10.0.0.3@tcp"), default)).Error);

        MgsTargetInfo ready = MgsWorld.Target(name, "10.0.0.1@tcp", MgsTargetOperations.Ready);
        ready.Instance = 1;
        Assert.False((await world.Mgs.RegisterAsync(ready, default)).Failed);
        Assert.Equal(Errno.EADDRINUSE, (await world.Mgs.RegisterAsync(
            MgsWorld.Target(name, "10.0.0.1@tcp"), default)).Error);
    }

    [Fact]
    public async Task Lctl_sees_the_file_systems_and_whether_clients_are_told_of_restarts()
    {
        await using var world = new MgsWorld();
        var tree = new Obdclass.Parameters.ParameterTree();
        world.Mgs.AddParameters(tree);
        await world.RegisterAsync("MDT0000", "10.0.0.1@tcp");
        await world.RegisterAsync("OST0003", "10.0.0.2@tcp");
        Obdclass.Parameters.Parameter live = Assert.Single(tree.Match("mgs.MGS.live.*")).Parameter;
        Assert.StartsWith("fsname: lustre\n", live.Read!(), StringComparison.Ordinal);
        Assert.Contains("\nlustre-MDT0000\nlustre-OST0003\n", live.Read(), StringComparison.Ordinal);
        Assert.Contains("    state: full\n    nonir_clients: 0\n", live.Read(), StringComparison.Ordinal);

        Assert.Equal((LddFlags.IR_CAPABLE, 3ul), await ReadyAsync());
        Assert.Contains("    notify_count: 1\n", live.Read(), StringComparison.Ordinal);
        Assert.Equal(Errno.OK, live.Write!("state=disabled"));
        Assert.Contains("    state: disabled\n", live.Read(), StringComparison.Ordinal);
        Assert.Equal((default(LddFlags), 4ul), await ReadyAsync());
        Assert.Contains("    notify_count: 1\n", live.Read(), StringComparison.Ordinal);
        Assert.Equal(Errno.OK, live.Write("0"));
        Assert.Contains("    notify_count: 0\n", live.Read(), StringComparison.Ordinal);
        Assert.Equal(Errno.OK, live.Write("state=full"));
        Assert.Equal(Errno.EINVAL, live.Write("state=nonsense"));

        async Task<(LddFlags, ulong)> ReadyAsync()
        {
            MgsTargetInfo ready = MgsWorld.Target("OST0003", "10.0.0.2@tcp", MgsTargetOperations.Ready);
            ready.Instance = 1;
            Result<MgsTargetInfo> answer = await world.Mgs.RegisterAsync(ready, default);
            Assert.Equal(Errno.OK, answer.Error);
            string version = live.Read().Split("nidtbl_version: ")[1].Split('\n')[0];
            return (answer.Value.Flags & LddFlags.IR_CAPABLE,
                ulong.Parse(version, System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public async Task A_target_that_comes_back_changes_no_log()
    {
        await using var world = new MgsWorld();
        await world.RegisterAsync("MDT0000", "10.0.0.1@tcp");
        await world.RegisterAsync("OST0000", "10.0.0.2@tcp");
        byte[] before = world.Store.Find("lustre-client") is MemoryLlogStorage log ? log.Bytes.ToArray() : [];

        Result<MgsTargetInfo> again = await world.Mgs.RegisterAsync(
            MgsWorld.Target("OST0000", "10.0.0.2@tcp", flags: 0), default);

        Assert.Equal(Errno.OK, again.Error);
        Assert.Equal(before, ((MemoryLlogStorage)world.Store.Find("lustre-client")!).Bytes.ToArray());
    }

    [Fact]
    public async Task A_target_that_says_it_has_registered_must_be_known()
    {
        await using var world = new MgsWorld();
        await world.RegisterAsync("MDT0000", "10.0.0.1@tcp");

        Result<MgsTargetInfo> stranger = await world.Mgs.RegisterAsync(
            MgsWorld.Target("OST0009", "10.0.0.2@tcp", flags: 0), default);

        Assert.Equal(Errno.ENOENT, stranger.Error);
    }

    [Fact]
    public async Task An_MGS_that_lost_its_logs_writes_them_anew()
    {
        await using var world = new MgsWorld();

        Result<MgsTargetInfo> known = await world.Mgs.RegisterAsync(
            MgsWorld.Target("MDT0000", "10.0.0.1@tcp", flags: 0), default);

        Assert.Equal(Errno.OK, known.Error);
        Assert.NotNull(world.Store.Find("lustre-client"));
        Assert.NotNull(world.Store.Find("lustre-MDT0000"));
    }

    [Fact]
    public async Task Who_needs_an_index_gets_the_first_that_is_free()
    {
        await using var world = new MgsWorld();
        await world.RegisterAsync("MDT0000", "10.0.0.1@tcp");
        await world.RegisterAsync("OST0000", "10.0.0.2@tcp");
        await world.RegisterAsync("OST0002", "10.0.0.2@tcp");

        Result<MgsTargetInfo> given = await world.Mgs.RegisterAsync(
            MgsWorld.Target("OST0000", "10.0.0.3@tcp",
                LddFlags.VIRGIN | LddFlags.UPDATE | LddFlags.NEED_INDEX), default);

        Assert.Equal(1u, given.Value.StripeIndex);
        Assert.Equal("lustre-OST0001", given.Value.ServiceName.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("too-long-a")]
    [InlineData("a/b")]
    public async Task A_name_that_is_no_name_of_a_file_system_is_refused(string fsName)
    {
        await using var world = new MgsWorld();
        MgsTargetInfo target = MgsWorld.Target("MDT0000", "10.0.0.1@tcp") with { FsName = Text64.From(fsName) };

        Result<MgsTargetInfo> refused = await world.Mgs.RegisterAsync(target, default);

        Assert.Equal(Errno.EPROTO, refused.Error);
    }

    [Fact]
    public async Task A_parameter_stands_once_and_goes_without_a_value()
    {
        await using var world = new MgsWorld();
        await world.RegisterAsync("MDT0000", "10.0.0.1@tcp");
        await world.RegisterAsync("OST0000", "10.0.0.2@tcp");

        Assert.Equal(Errno.OK, await world.Mgs.ConfParamAsync("lustre-OST0000.osc.max_dirty_mb=5", default));
        Assert.Equal(Errno.OK, await world.Mgs.ConfParamAsync("lustre-OST0000.osc.max_dirty_mb=6", default));
        Assert.Equal(["osc.max_dirty_mb=6"], Parameters(world, "lustre-client"));
        Assert.Equal(["osc.max_dirty_mb=6"], Parameters(world, "lustre-MDT0000"));

        Assert.Equal(Errno.OK, await world.Mgs.ConfParamAsync("lustre-OST0000.osc.max_dirty_mb=", default));
        Assert.Empty(Parameters(world, "lustre-client"));
        Assert.Equal(Errno.ENOENT, await world.Mgs.ConfParamAsync("lustre-OST0000.osc.max_dirty_mb=", default));
        Assert.Equal(Errno.EINVAL, await world.Mgs.ConfParamAsync("other-OST0000.osc.max_dirty_mb=1", default));
        Assert.Equal(Errno.EINVAL, await world.Mgs.ConfParamAsync("nonsense", default));
    }

    [Fact]
    public async Task A_parameter_for_everybody_stands_in_the_log_params()
    {
        await using var world = new MgsWorld();
        await world.RegisterAsync("MDT0000", "10.0.0.1@tcp");

        Assert.Equal(Errno.OK, await world.Mgs.SetParamAsync("osc.*.max_dirty_mb=7", default));
        Assert.Equal(Errno.OK, await world.Mgs.SetParamAsync("osc.*.max_dirty_mb=8", default));

        Assert.Equal(["osc.*.max_dirty_mb=8"], Parameters(world, "params"));
    }

    /// <summary>What the parameters of a log say to whoever reads it.</summary>
    static List<string> Parameters(MgsWorld world, string log)
    {
        var found = new List<string>();
        Result<LlogHandle> opened = LlogHandle.Open(world.Store.Find(log)!);
        Assert.Equal(Errno.OK, opened.Error);
        Assert.Equal(Errno.OK, ConfigLog.Process(opened.Value, (_, command) =>
        {
            if (command.Command is Idl.Config.LcfgCommand.PARAM or Idl.Config.LcfgCommand.SET_PARAM)
                found.Add(command.Text(1)!);
            return Errno.OK;
        }));
        return found;
    }
}
