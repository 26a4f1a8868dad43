using System.Globalization;
using System.Text;
using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Utils.Control;

/// <summary>The verbs of <c>lctl</c> in the process they are about; output as Lustre's.</summary>
/// <remarks>Source: lustre/utils/obd.c, lustre_param.c, lnet/utils/portals.c.</remarks>
sealed class LctlVerbs(RunningProcess process)
{
    static readonly TimeSpan s_pingTimeout = TimeSpan.FromSeconds(5);

    public async Task<ControlAnswer> ExecuteAsync(string[] words, CancellationToken cancel) => words switch
    {
        ["dl"] => new ControlAnswer(process.Node.Lustre.Devices.ToString(), "", 0),
        ["list_nids"] => new ControlAnswer(ListNids(), "", 0),
        ["ping", var nid] => await PingAsync(nid, cancel),
        ["get_param", var pattern] => GetParam(pattern, withName: true, onlyNames: false),
        ["get_param", "-n", var pattern] => GetParam(pattern, withName: false, onlyNames: false),
        ["list_param", var pattern] => GetParam(pattern, withName: true, onlyNames: true),
        ["set_param", var setting] => SetParam(setting),
        ["recover" or "deactivate" or "activate", var device] =>
            ImportVerbs.Execute(process.Node.Lustre.Ptlrpc.ListImports(), words[0], device, null),
        ["recover", var device, var nid] =>
            ImportVerbs.Execute(process.Node.Lustre.Ptlrpc.ListImports(), words[0], device, nid),
        ["set_param", "-P", var setting] => await SetParamEverywhereAsync(setting, cancel),
        ["conf_param", var setting] => await ConfParamAsync(setting, cancel),
        ["lfsck_start" or "lfsck_stop" or "lfsck_query" or "scrub", .. var options] =>
            await new CheckVerbs(process.Servers?.Server.Checks ?? []).ExecuteAsync(words[0], options, cancel),
        _ => new ControlAnswer("", "", ControlAnswer.NotMine),
    };

    string ListNids()
    {
        IReadOnlyList<LNetInterface> interfaces = process.Node.Lustre.LNet.Interfaces;
        return interfaces.Count == 0
            ? "0@lo\n"
            : string.Concat(interfaces.Select(ni => ni.Nid + "\n"));
    }

    async Task<ControlAnswer> PingAsync(string text, CancellationToken cancel)
    {
        Result<Nid> nid = Nid.Parse(text);
        if (nid.Failed)
            return new ControlAnswer("", $"Can't parse process id \"{text}\"\n", 1);
        Result<LNetPingReply> reply = await process.Node.Lustre.LNet.PingAsync(nid.Value, s_pingTimeout, cancel);
        if (reply.Failed)
            return new ControlAnswer("", $"failed to ping {text}: {ErrnoText.Of(reply.Error)}\n", 1);
        var output = new StringBuilder();
        output.Append(CultureInfo.InvariantCulture, $"{reply.Value.Pid}-0@lo\n");
        foreach (LNetPingEntry known in reply.Value.Entries)
            output.Append(CultureInfo.InvariantCulture, $"{reply.Value.Pid}-{known.Nid}\n");
        return new ControlAnswer(output.ToString(), "", 0);
    }

    ControlAnswer GetParam(string pattern, bool withName, bool onlyNames)
    {
        IReadOnlyList<NamedParameter> matches = process.Node.Lustre.MatchParameters(pattern);
        if (matches.Count == 0)
            return new ControlAnswer("", "", ControlAnswer.NotMine);
        var output = new StringBuilder();
        foreach (NamedParameter match in matches)
        {
            if (onlyNames)
            {
                output.Append(match.Name).Append('\n');
                continue;
            }
            if (match.Parameter.Read is not { } read)
                continue;
            string value = read();
            // A value of several lines begins on its own.
            if (withName)
                output.Append(match.Name).Append('=').Append(value.TrimEnd('\n').Contains('\n') ? "\n" : "");
            output.Append(value);
            if (!value.EndsWith('\n'))
                output.Append('\n');
        }
        return new ControlAnswer(output.ToString(), "", 0);
    }

    ControlAnswer SetParam(string setting)
    {
        if (setting.Split('=', 2) is not [var pattern, var value])
            return new ControlAnswer("", $"error: set_param: '{setting}' is not NAME=VALUE\n", 1);
        IReadOnlyList<NamedParameter> matches = process.Node.Lustre.Parameters.Match(pattern);
        if (matches.Count == 0)
            return new ControlAnswer("", "", ControlAnswer.NotMine);
        var output = new StringBuilder();
        var errors = new StringBuilder();
        foreach (NamedParameter match in matches)
        {
            Errno error = match.Parameter.Write?.Invoke(value) ?? Errno.EACCES;
            if (error == Errno.OK)
                output.Append(CultureInfo.InvariantCulture, $"{match.Name}={value}\n");
            else
            {
                errors.Append(CultureInfo.InvariantCulture, $"error: set_param: setting {match.Name}={value}: ");
                errors.Append(ErrnoText.Of(error)).Append('\n');
            }
        }
        return new ControlAnswer(output.ToString(), errors.ToString(), errors.Length > 0 ? 1 : 0);
    }

    async Task<ControlAnswer> SetParamEverywhereAsync(string setting, CancellationToken cancel)
    {
        if (process.Servers?.Server.Mgs is not { } mgs)
            return new ControlAnswer("", "", ControlAnswer.NotMine);
        Errno error = await mgs.SetParamAsync(setting, cancel);
        return Answer(error, $"set_param -P {setting}");
    }

    async Task<ControlAnswer> ConfParamAsync(string setting, CancellationToken cancel)
    {
        if (process.Servers?.Server.Mgs is not { } mgs)
            return new ControlAnswer("", "", ControlAnswer.NotMine);
        Errno error = await mgs.ConfParamAsync(setting, cancel);
        return Answer(error, $"conf_param {setting}");
    }

    static ControlAnswer Answer(Errno error, string what) => error == Errno.OK
        ? new ControlAnswer("", "", 0)
        : new ControlAnswer("", $"error: {what}: {ErrnoText.Of(error)}\n", (int)error);
}
