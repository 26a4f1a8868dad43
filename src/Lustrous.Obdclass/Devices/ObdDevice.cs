using Lustrous.Obdclass.Config;

namespace Lustrous.Obdclass.Devices;

/// <summary>How far a device has come, in the letters of <c>lctl dl</c>.</summary>
public enum ObdState
{
    /// <summary><c>AT</c>: it has a name and a type.</summary>
    Attached,
    /// <summary><c>--</c>: it is being set up.</summary>
    SettingUp,
    /// <summary><c>UP</c></summary>
    SetUp,
    /// <summary><c>IN</c>: set up, and told not to be used.</summary>
    Inactive,
    /// <summary><c>ST</c>: cleaning up.</summary>
    Stopping,
}

/// <summary>
/// A device: a target, or a client of one, or a layer that joins several, set up by commands (<c>struct
/// obd_device</c>).
/// </summary>
public abstract class ObdDevice
{
    internal int References = 1; // guarded by the table's lock

    public string Name { get; internal set; } = "";

    public string Uuid { get; internal set; } = "";

    public ObdType Type { get; internal set; } = null!;

    /// <summary>Its number in the table.</summary>
    public int Minor { get; internal set; } = -1;

    /// <summary>Changed by the table only.</summary>
    public ObdState State { get; internal set; }

    /// <summary>Makes the device work; after an error it is attached, as before.</summary>
    protected internal abstract ValueTask<Errno> SetupAsync(ConfigCommand command, CancellationToken cancel);

    /// <summary>Ends what <see cref="SetupAsync"/> began. The device is taken away whatever this returns.</summary>
    protected internal abstract ValueTask<Errno> CleanupAsync(CancellationToken cancel);

    /// <summary>Takes any command that the table does not know itself: parameters, targets, connections,
    /// pools.</summary>
    protected internal virtual ValueTask<Errno> ProcessConfigAsync(ConfigCommand command, CancellationToken cancel) =>
        ValueTask.FromResult(Errno.ENOTSUPP);
}

/// <summary>A kind of device: <c>mdc</c>, <c>ost</c>, <c>lov</c> … (<c>struct obd_type</c>).</summary>
/// <param name="Name">What <c>attach</c> asks for.</param>
/// <param name="Create">Makes a device of the kind.</param>
public sealed record ObdType(string Name, Func<ObdDevice> Create);
