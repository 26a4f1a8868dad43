using Lustrous.Idl.Config;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Wire;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Llog;
using Xunit;

namespace Lustrous.Mgs.Tests.Logs;

/// <summary>The same targets registered in the same order give the logs that a kernel's MGS has on its disk.</summary>
public sealed class KernelLogTests
{
    [Theory]
    [InlineData("lustre-client")]
    [InlineData("lustre-MDT0000")]
    [InlineData("lustre-MDT0001")]
    [InlineData("lustre-OST0000")]
    public async Task A_log_is_the_kernels_record_by_record(string name)
    {
        await using var world = new MgsWorld();
        await world.RegisterAsync("MDT0000", "10.99.0.10@tcp");
        await world.RegisterAsync("OST0000", "10.99.0.11@tcp");
        await world.RegisterAsync("OST0001", "10.99.0.11@tcp");
        await world.RegisterAsync("MDT0001", "10.99.0.11@tcp");

        List<string> kernels = Records(new MemoryLlogStorage(Fixtures.Read("config-llogs", name + ".llog")));
        List<string> ours = Records(world.Store.Find(name)!);

        Assert.Equal(kernels, ours);
    }

    /// <summary>Every record as text; without times and versions, and of markers without what stands behind the end of
    /// their texts (the kernel leaves what was in its memory).</summary>
    static List<string> Records(ILlogStorage storage)
    {
        var records = new List<string>();
        Result<LlogHandle> log = LlogHandle.Open(storage);
        Assert.Equal(Errno.OK, log.Error);
        records.Add($"{log.Value.User} {log.Value.Flags} count {log.Value.Count} last {log.Value.LastIndex}");
        Errno error = log.Value.Process((in LlogRecord record) =>
        {
            Result<ConfigCommand> command = ConfigCommand.Parse(record.Body);
            Assert.Equal(Errno.OK, command.Error);
            string text = $"{record.Index} {record.Type} {record.Id} {record.Body.Length} ";
            if (command.Value.Command == LcfgCommand.MARKER)
            {
                Assert.True(ConfigLog.TryGetMarker(command.Value, out CfgMarker marker));
                records.Add(text + $"{marker.Step} {marker.Flags} {marker.TargetName} {marker.Comment} "
                    + $"{marker.CancelTime} {command.Value.Buffer(0).Length}");
            }
            else
            {
                records.Add(text + Convert.ToHexString(record.Body));
            }
            return Errno.OK;
        });
        Assert.Equal(Errno.OK, error);
        return records;
    }
}
