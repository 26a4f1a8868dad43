using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Config;
using Lustrous.Idl.Llog;
using Lustrous.Obdclass.Llog;

namespace Lustrous.Obdclass.Config;

/// <summary>
/// Follows the markers of a configuration log: each item stands between a start and an end marker; commands outside of
/// any, or inside an item that was skipped later, do not count.
/// </summary>
/// <remarks>Source: class_config_llog_handler, lustre/obdclass/obd_config.c.</remarks>
public sealed class ConfigLog
{
    MarkerFlags _open; // flags of the start marker we are behind; None when outside of any

    /// <summary>What a command of a config log is to its reader.</summary>
    public delegate Errno CommandVisitor(uint index, ConfigCommand command);

    /// <summary>Shows the commands of a log that count, in order; EPROTO where one cannot be read.</summary>
    public static Errno Process(LlogHandle log, CommandVisitor visitor, uint startIndex = 1)
    {
        var markers = new ConfigLog();
        return log.Process(
            (in LlogRecord record) =>
            {
                if (record.Type != LlogRecordType.OBD_CFG_REC)
                    return Errno.OK;
                Result<ConfigCommand> command = ConfigCommand.Parse(record.Body);
                if (command.Failed)
                    return command.Error;
                return markers.Counts(command.Value) ? visitor(record.Index, command.Value) : Errno.OK;
            },
            startIndex);
    }

    /// <summary>Takes notice of a marker; for any other command says whether it counts.</summary>
    public bool Counts(ConfigCommand command)
    {
        if (command.Command != LcfgCommand.MARKER)
            return (_open & MarkerFlags.START) != 0 && (_open & MarkerFlags.SKIP) == 0;

        if (TryGetMarker(command, out CfgMarker marker))
        {
            if ((marker.Flags & MarkerFlags.START) != 0)
                _open = marker.Flags;
            else if ((marker.Flags & MarkerFlags.END) != 0)
                _open = 0;
        }
        return false;
    }

    /// <summary>The marker that a MARKER command holds; false when its buffer is too short for one.</summary>
    public static bool TryGetMarker(ConfigCommand command, out CfgMarker marker)
    {
        ReadOnlySpan<byte> bytes = command.Buffer(1);
        bool fits = bytes.Length >= Unsafe.SizeOf<CfgMarker>();
        marker = fits ? MemoryMarshal.Read<CfgMarker>(bytes) : default;
        return fits;
    }

    /// <summary>A MARKER command.</summary>
    public static ConfigCommand Marker(string device, in CfgMarker marker)
    {
        CfgMarker copy = marker;
        return new ConfigCommand(
            LcfgCommand.MARKER,
            [.. System.Text.Encoding.UTF8.GetBytes(device), 0],
            MemoryMarshal.AsBytes(new ReadOnlySpan<CfgMarker>(ref copy)).ToArray());
    }
}
