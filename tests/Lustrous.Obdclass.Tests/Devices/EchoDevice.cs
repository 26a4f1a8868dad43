using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;

namespace Lustrous.Obdclass.Tests.Devices;

/// <summary>A device that keeps what it was told.</summary>
sealed class EchoDevice : ObdDevice
{
    public Errno Answer { get; set; }

    public List<ConfigCommand> Heard { get; } = [];

    protected internal override ValueTask<Errno> SetupAsync(ConfigCommand command, CancellationToken cancel) =>
        ProcessConfigAsync(command, cancel);

    protected internal override ValueTask<Errno> CleanupAsync(CancellationToken cancel) => ValueTask.FromResult(Answer);

    protected internal override ValueTask<Errno> ProcessConfigAsync(ConfigCommand command, CancellationToken cancel)
    {
        Heard.Add(command);
        return ValueTask.FromResult(Answer);
    }
}
