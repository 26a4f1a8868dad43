using System.Text;
using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Utils.Control;

/// <summary>What <c>lctl --device NAME</c> does with the connections of clients: <c>recover</c>, <c>deactivate</c>,
/// <c>activate</c>.</summary>
/// <remarks>Source: jt_obd_recover, jt_obd_set_readonly of lustre/utils/obd.c; ptlrpc_recover_import of
/// lustre/ptlrpc/recover.c.</remarks>
static class ImportVerbs
{
    /// <summary>Stands for all devices.</summary>
    public const string Every = "*";

    public static ControlAnswer Execute(IReadOnlyList<Import> all, string verb, string device, string? nid)
    {
        Import[] imports = [.. all.Where(
            import => device == Every || import.Options.DeviceName == device)];
        if (imports.Length == 0)
            return new ControlAnswer("", "", ControlAnswer.NotMine);
        var errors = new StringBuilder();
        foreach (Import import in imports)
        {
            Errno error = Execute(import, verb, nid);
            if (error != Errno.OK)
                errors.Append($"error: {verb}: {import.Options.DeviceName}: {ErrnoText.Of(error)}\n");
        }
        return new ControlAnswer("", errors.ToString(), errors.Length > 0 ? 1 : 0);
    }

    static Errno Execute(Import import, string verb, string? nid)
    {
        switch (verb)
        {
            case "deactivate":
                import.SetActive(false);
                return Errno.OK;
            case "activate":
                import.SetActive(true);
                return Errno.OK;
            case "recover" when nid is null:
                import.Recover();
                return Errno.OK;
            case "recover":
                Result<Nid> parsed = Nid.Parse(nid);
                if (parsed.Failed)
                    return Errno.EINVAL;
                // Only where the target is known to run: a slip of the pen must not send a client elsewhere.
                if (!import.GetInfo().Addresses.Contains(parsed.Value))
                    return Errno.ENOENT;
                import.Recover([new LNetProcessId(parsed.Value, LNetProcessId.LustrePid)]);
                return Errno.OK;
            default:
                return Errno.EOPNOTSUPP;
        }
    }
}
