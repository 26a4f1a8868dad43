using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Utils.Hosting;

/// <summary>Where an MGS may be, as people write it: <c>10.0.0.1@tcp,10.0.1.1@tcp1:10.0.0.2@tcp</c>.</summary>
static class MgsNodes
{
    /// <summary>Nodes are apart by colons, the NIDs of one by commas.</summary>
    public static IReadOnlyList<LNetProcessId> Parse(IEnumerable<string> texts)
    {
        var peers = new List<LNetProcessId>();
        foreach (string text in texts)
        {
            foreach (string nid in text.Split([',', ':'], StringSplitOptions.RemoveEmptyEntries))
            {
                Result<Nid> parsed = Nid.Parse(nid);
                if (parsed.Failed)
                {
                    throw new HostException(
                        Errno.EINVAL, $"'{nid}' is no NID. A NID looks like 10.0.0.1@tcp");
                }
                peers.Add(new LNetProcessId(parsed.Value, LNetProcessId.LustrePid));
            }
        }
        return peers;
    }
}
