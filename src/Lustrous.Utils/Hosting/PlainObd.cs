using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;

namespace Lustrous.Utils.Hosting.Devices;

/// <summary>A device that is made and ended elsewhere and only stands in the table: a target, the MGS, its
/// client.</summary>
sealed class PlainObd : ObdDevice
{
    /// <summary>Takes commands for it; null for none.</summary>
    public Func<ConfigCommand, CancellationToken, ValueTask<Errno>>? Process { get; set; }

    protected override ValueTask<Errno> SetupAsync(ConfigCommand command, CancellationToken cancel) => new(Errno.OK);

    protected override ValueTask<Errno> CleanupAsync(CancellationToken cancel) => new(Errno.OK);

    protected override ValueTask<Errno> ProcessConfigAsync(ConfigCommand command, CancellationToken cancel) =>
        Process?.Invoke(command, cancel) ?? new(Errno.OK);
}
