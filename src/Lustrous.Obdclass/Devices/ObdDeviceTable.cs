using System.Text;
using Lustrous.Obdclass.Config;

namespace Lustrous.Obdclass.Devices;

/// <summary>All devices of a node, by name and number; what <c>lctl dl</c> lists.</summary>
/// <remarks>Source: lustre/obdclass/genops.c, obd_config.c (class_attach, class_setup, class_cleanup,
/// class_detach).</remarks>
public sealed class ObdDeviceTable
{
    /// <summary><c>MAX_OBD_DEVICES</c></summary>
    public const int MaxDevices = 8192;

    const int MaxNameLength = 128;  // MAX_OBD_NAME
    const int MaxUuidLength = 39;   // struct obd_uuid without its NUL

    readonly RankedLock _lock = new(70, "obd_dev_lock");
    readonly Dictionary<string, ObdType> _types = new(StringComparer.Ordinal);     // guarded by _lock
    readonly Dictionary<string, ObdDevice> _byName = new(StringComparer.Ordinal);  // guarded by _lock
    readonly List<ObdDevice?> _byMinor = [];                                       // guarded by _lock

    /// <summary>Makes a kind of device known; EEXIST when it is.</summary>
    public Errno Register(ObdType type)
    {
        using (_lock.Enter())
            return _types.TryAdd(type.Name, type) ? Errno.OK : Errno.EEXIST;
    }

    /// <summary>Names a new device; ENODEV for an unknown type, EEXIST for a name in use, EOVERFLOW when the table is
    /// full.</summary>
    public Result<ObdDevice> Attach(string typeName, string name, string uuid)
    {
        if (name.Length is 0 or >= MaxNameLength || uuid.Length > MaxUuidLength)
            return Errno.EINVAL;
        using (_lock.Enter())
        {
            if (!_types.TryGetValue(typeName, out ObdType? type))
                return Errno.ENODEV;
            if (_byName.ContainsKey(name))
                return Errno.EEXIST;
            int minor = _byMinor.IndexOf(null);
            if (minor < 0 && _byMinor.Count == MaxDevices)
                return Errno.EOVERFLOW;
            if (minor < 0)
            {
                minor = _byMinor.Count;
                _byMinor.Add(null);
            }
            ObdDevice device = type.Create();
            (device.Name, device.Uuid, device.Type, device.Minor) = (name, uuid, type, minor);
            _byMinor[minor] = device;
            _byName.Add(name, device);
            return device;
        }
    }

    /// <summary>Sets an attached device up; EEXIST when it is already, EBUSY while somebody else does it.</summary>
    public async ValueTask<Errno> SetupAsync(ObdDevice device, ConfigCommand command, CancellationToken cancel)
    {
        using (_lock.Enter())
        {
            if (device.State != ObdState.Attached)
                return device.State is ObdState.SetUp or ObdState.Inactive ? Errno.EEXIST : Errno.EBUSY;
            device.State = ObdState.SettingUp;
        }
        Errno error = await device.SetupAsync(command, cancel);
        using (_lock.Enter())
            device.State = error == Errno.OK ? ObdState.SetUp : ObdState.Attached;
        return error;
    }

    /// <summary>Ends a device's work and leaves it attached; ENODEV when it is not set up.</summary>
    public async ValueTask<Errno> CleanupAsync(ObdDevice device, CancellationToken cancel)
    {
        using (_lock.Enter())
        {
            if (device.State is not (ObdState.SetUp or ObdState.Inactive))
                return Errno.ENODEV;
            device.State = ObdState.Stopping;
        }
        Errno error = await device.CleanupAsync(cancel);
        using (_lock.Enter())
            device.State = ObdState.Attached;
        return error;
    }

    /// <summary>Takes a device out of the table; EBUSY while it is set up.</summary>
    public Errno Detach(ObdDevice device)
    {
        using (_lock.Enter())
        {
            if (device.State != ObdState.Attached)
                return Errno.EBUSY;
            if (!_byName.TryGetValue(device.Name, out ObdDevice? known) || known != device)
                return Errno.ENOENT;
            _byName.Remove(device.Name);
            _byMinor[device.Minor] = null;
            return Errno.OK;
        }
    }

    /// <summary>Tells a device not to be used, or to be used again.</summary>
    public Errno SetActive(ObdDevice device, bool active)
    {
        using (_lock.Enter())
        {
            if (device.State is not (ObdState.SetUp or ObdState.Inactive))
                return Errno.ENODEV;
            device.State = active ? ObdState.SetUp : ObdState.Inactive;
            return Errno.OK;
        }
    }

    public ObdDevice? Find(string name)
    {
        using (_lock.Enter())
            return _byName.GetValueOrDefault(name);
    }

    /// <summary>Counts somebody who uses the device, for <c>lctl dl</c>'s last column.</summary>
    public void Reference(ObdDevice device, int change)
    {
        using (_lock.Enter())
        {
            device.References += change;
            Lassert.That(device.References >= 1);
        }
    }

    /// <summary>The devices in the order of their numbers.</summary>
    public IReadOnlyList<ObdDevice> Snapshot()
    {
        using (_lock.Enter())
            return [.. _byMinor.OfType<ObdDevice>()];
    }

    /// <summary>As <c>lctl dl</c> prints it: number, state, type, name, UUID, references.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        using (_lock.Enter())
        {
            foreach (ObdDevice device in _byMinor.OfType<ObdDevice>())
            {
                text.Append($"{device.Minor,3} {Letters(device.State)} {device.Type.Name} {device.Name} ")
                    .Append($"{device.Uuid} {device.References}\n");
            }
        }
        return text.ToString();
    }

    static string Letters(ObdState state) => state switch
    {
        ObdState.Attached => "AT",
        ObdState.SetUp => "UP",
        ObdState.Inactive => "IN",
        ObdState.Stopping => "ST",
        _ => "--",
    };
}
