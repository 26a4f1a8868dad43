using System.Globalization;
using System.Text;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Clients.Mgc;

public sealed partial class Mgc
{
    /// <summary>What <c>lctl get_param mgc.*.ir_state</c> shows: which tables of targets that move are followed, and up
    /// to which version (lprocfs_mgc_rd_ir_state).</summary>
    public string RecoverState()
    {
        string enabled = Import.Supports(ConnectFlags.IMP_RECOV) ? "ENABLED" : "DISABLED";
        var text = new StringBuilder($"imperative_recovery: {enabled}\nclient_state:\n");
        using (_lock.Enter())
        {
            foreach (FollowedLog log in _logs)
            {
                if (log.Type == MgsConfigType.Recover)
                {
                    text.Append(CultureInfo.InvariantCulture,
                        $"    - {{ client: {log.Name}, nidtbl_version: {log.Next - 1} }}\n");
                }
            }
        }
        return text.ToString();
    }
}
