using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;

namespace Lustrous.Utils.Hosting;

/// <summary>A device that is made and ended elsewhere and stands in the table for <c>lctl dl</c>.</summary>
sealed class PlainObd : ObdDevice
{
    protected override ValueTask<Errno> SetupAsync(ConfigCommand command, CancellationToken cancel) => new(Errno.OK);

    protected override ValueTask<Errno> CleanupAsync(CancellationToken cancel) => new(Errno.OK);
}
