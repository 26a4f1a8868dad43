using System.Globalization;
using System.Text;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Mgs;

// What lctl sees of the file systems: mgs_live_seq_show of lustre/mgs/lproc_mgs.c, lprocfs_rd_ir_state and
// lprocfs_wr_ir_state of mgs_nids.c.
public sealed partial class MgsTarget
{
    ParameterTree? _parameters;     // guarded by _lock

    /// <summary>Adds <c>mgs.MGS.*</c>, with <c>live.FSNAME</c> for each file system as it comes.</summary>
    public void AddParameters(ParameterTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        tree.Remove(["mgs", Uuid]);
        tree.Add(["mgs", Uuid, "num_exports"], Parameter.ReadOnly(
            () => Target.ExportCount.ToString(CultureInfo.InvariantCulture)));
        using (_lock.Enter())
        {
            _parameters = tree;
            foreach (FsDb fs in _fileSystems.Values)
                AddLive(tree, fs);
        }
    }

    void AddLive(ParameterTree tree, FsDb fs)
    {
        // Parameters of all file systems are no file system.
        if (fs.Name != ParamsLog)
            tree.Add(["mgs", Uuid, "live", fs.Name], new Parameter(() => LiveStatus(fs), text => SetLive(fs, text)));
    }

    string LiveStatus(FsDb fs)
    {
        int others = ClientsWithoutRecovery;
        using (_lock.Enter())
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"fsname: {fs.Name}\nflags: 0     gen: {fs.Generation}\n");
            foreach (uint index in fs.MdtIndexes)
                text.Append(fs.MdtName(index)).Append('\n');
            foreach (uint index in fs.OstIndexes)
                text.Append(fs.OstName(index)).Append('\n');
            string state = fs.IsRecoveryDisabled ? "disabled" : others > 0 ? "partial" : "full";
            text.Append("\nSecure RPC Config Rules:\n\nimperative_recovery_state:\n");
            text.Append(CultureInfo.InvariantCulture, $"    state: {state}\n    nonir_clients: {others}\n");
            text.Append(CultureInfo.InvariantCulture, $"    nidtbl_version: {fs.Nids.Version}\n");
            text.Append($"    notify_duration_total: {Seconds(fs.Notified.Total)}\n");
            text.Append($"    notify_duation_max: {Seconds(fs.Notified.Longest)}\n");      // as Lustre spells it
            text.Append(CultureInfo.InvariantCulture, $"    notify_count: {fs.Notified.Count}\n");
            return text.ToString();
        }
    }

    /// <summary><c>state=full</c> or <c>state=disabled</c>; <c>0</c> forgets the times.</summary>
    Errno SetLive(FsDb fs, string text)
    {
        using (_lock.Enter())
        {
            switch (text.Trim())
            {
                case "state=full":
                    fs.IsRecoveryDisabled = false;
                    return Errno.OK;
                case "state=disabled":
                    fs.IsRecoveryDisabled = true;
                    return Errno.OK;
                case "0":
                    fs.Notified.Clear();
                    return Errno.OK;
                default:
                    return Errno.EINVAL;
            }
        }
    }

    /// <summary>Clients that cannot be told of a restart: a target has to wait for them as long as ever.</summary>
    int ClientsWithoutRecovery => Target.ListExports().Count(export => !export.Supports(ConnectFlags.IMP_RECOV));

    /// <summary>The clients of a file system have been told.</summary>
    void NoteNotified(Idl.Ldlm.LdlmResId resource, TimeSpan taken)
    {
        foreach (FsDb fs in _fileSystems.Values)
        {
            if (ResourceOf(fs.Name, Idl.Mgs.MgsConfigType.Recover) == resource)
                fs.Notified.Add(taken);
        }
    }

    static string Seconds(TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(long)time.TotalSeconds}.{time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick:d9}");
}
