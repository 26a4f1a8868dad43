using System.Globalization;
using Lustrous.Idl.Config;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc.Client;
using Lustrous.Utils.Control;

namespace Lustrous.Utils.Hosting;

// What lctl sees of a node: its devices and its parameters.
public sealed partial class LustreNode
{
    static readonly string[] s_kinds =
        ["mgs", "mgc", "mdt", "lod", "osp", "obdfilter", "lwp", "lov", "lmv", "mdc", "osc"];

    /// <summary>Lists a device until the result is disposed; a name that is taken is not listed twice.</summary>
    /// <param name="kind"><c>mdc</c>, <c>obdfilter</c> …</param>
    /// <param name="name">As in <c>lctl dl</c>.</param>
    /// <param name="uuid">The device's, or whose it is.</param>
    internal IDisposable ListDevice(string kind, string name, string uuid)
    {
        Result<ObdDevice> device = Devices.Attach(kind, name, uuid);
        if (device.Failed)
            return new Listing(this, null);
        Now(Devices.SetupAsync(device.Value, ConfigCommand.Create(LcfgCommand.SETUP, name), default));
        return new Listing(this, device.Value);
    }

    /// <summary>Setting up and cleaning up end at once: such a device does nothing.</summary>
    static void Now(ValueTask<Errno> done) => Lassert.That(done.IsCompletedSuccessfully && done.Result == Errno.OK);

    /// <summary>Parameters that a pattern names, those of connections included, which come and go.</summary>
    internal IReadOnlyList<NamedParameter> MatchParameters(string pattern)
    {
        var imports = new ParameterTree();
        foreach (Import import in Ptlrpc.ListImports())
        {
            string name = import.Options.DeviceName;
            string kind = Devices.Find(name)?.Type.Name ?? KindOf(name);
            imports.Remove([kind, name, "import"]);
            imports.Remove([kind, name, "state"]);
            imports.Add([kind, name, "import"], Parameter.ReadOnly(() => ImportText.Of(import)));
            imports.Add([kind, name, "state"], Parameter.ReadOnly(() => ImportText.StateOf(import)));
        }
        return [.. Parameters.Match(pattern), .. imports.Match(pattern)];
    }

    /// <summary>Of a device that is not listed: an MDT's way to an OST, a server's to MDT0000.</summary>
    static string KindOf(string device) =>
        device.Contains("-lwp-", StringComparison.Ordinal) ? "lwp"
            : device.Contains("-osc-", StringComparison.Ordinal) ? "osp"
            : "mdc";

    /// <summary>Sets all parameters that a pattern names; the first error.</summary>
    internal Errno SetParameter(string pattern, string value, out int found)
    {
        IReadOnlyList<NamedParameter> matches = Parameters.Match(pattern);
        found = matches.Count;
        Errno first = Errno.OK;
        foreach (NamedParameter match in matches)
        {
            Errno error = match.Parameter.Write?.Invoke(value) ?? Errno.EACCES;
            if (first == Errno.OK)
                first = error;
        }
        return first;
    }

    /// <summary>
    /// Sets what a configuration log says: of one device (<c>conf_param</c>: <c>osc.max_dirty_mb=32</c> of
    /// <c>lustre-OST0000-osc-…</c>), or everywhere (<c>set_param -P</c>). What this release has not got is no
    /// reason to stop.
    /// </summary>
    /// <param name="command">PARAM or SET_PARAM.</param>
    /// <param name="device">Name that the device has here; null for the one in the command.</param>
    internal Errno SetConfigured(ConfigCommand command, string? device)
    {
        if (command.Text(1)?.Split('=', 2) is not [{ Length: > 0 } name, { } value])
            return Errno.EINVAL;
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string pattern = command.Command == LcfgCommand.PARAM && dot > 0
            ? $"{name[..dot]}.{device ?? command.Text(0)}.{name[(dot + 1)..]}"
            : name;
        Errno error = SetParameter(pattern, value, out int found);
        if (found == 0)
            Context.Log.Info(device ?? "params", $"there is no parameter {pattern} here");
        else if (error != Errno.OK)
            Context.Log.Warning(device ?? "params", $"{pattern}={value}: {error}");
        return Errno.OK;
    }

    /// <summary><c>fail_loc</c> and <c>fail_val</c>: what fails on purpose, by Lustre's numbers.</summary>
    void AddFailPoints()
    {
        FailPoints faults = Context.FailPoints;
        Parameters.Add(["fail_loc"], new Parameter(
            () => faults.Location.ToString(CultureInfo.InvariantCulture),
            text => Set(text, to => faults.Location = to)));
        Parameters.Add(["fail_val"], new Parameter(
            () => faults.Value.ToString(CultureInfo.InvariantCulture), text => Set(text, to => faults.Value = to)));

        static Errno Set(string text, Action<uint> set)
        {
            string digits = text.Trim();
            bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            if (!uint.TryParse(
                isHex ? digits[2..] : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                CultureInfo.InvariantCulture, out uint value))
                return Errno.EINVAL;
            set(value);
            return Errno.OK;
        }
    }

    void RegisterKinds()
    {
        AddFailPoints();
        foreach (string kind in s_kinds)
            Devices.Register(new ObdType(kind, static () => new PlainObd()));
    }

    sealed class Listing(LustreNode node, ObdDevice? device) : IDisposable
    {
        public void Dispose()
        {
            if (device is null)
                return;
            Now(node.Devices.CleanupAsync(device, default));
            node.Devices.Detach(device);
        }
    }
}
