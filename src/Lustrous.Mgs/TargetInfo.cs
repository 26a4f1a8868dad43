using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Mgs.Logs;

namespace Lustrous.Mgs;

/// <summary>What a registering target said, read out of <see cref="MgsTargetInfo"/>.</summary>
sealed class TargetInfo
{
    TargetInfo(in MgsTargetInfo raw, IReadOnlyList<Nid> nids, IReadOnlyList<string> parameters)
    {
        FsName = raw.FsName.ToString();
        Name = raw.ServiceName.ToString();
        Uuid = raw.Uuid.ToString();
        Index = raw.StripeIndex;
        Flags = raw.Flags;
        Instance = raw.Instance;
        Nids = nids;
        Parameters = parameters;
    }

    public string FsName { get; }

    public string Name { get; set; }

    public string Uuid { get; set; }

    public uint Index { get; set; }

    public LddFlags Flags { get; set; }

    public uint Instance { get; }

    public IReadOnlyList<Nid> Nids { get; }

    /// <summary><c>failover.node=10.0.0.2@tcp</c>, each by itself.</summary>
    public IReadOnlyList<string> Parameters { get; }

    public bool IsMdt => (Flags & LddFlags.SV_TYPE_MDT) != 0;

    public bool IsOst => (Flags & LddFlags.SV_TYPE_OST) != 0;

    public bool IsFailout =>
        Parameters.Any(parameter => parameter.StartsWith("failover.mode=failout", StringComparison.Ordinal));

    public ConfigTarget ToConfigTarget() => new(Name, Uuid, Index, Nids, FailoverNodes());

    /// <summary>EPROTO for what cannot be: no names, no addresses, neither MDT nor OST.</summary>
    /// <param name="raw">As it came.</param>
    /// <param name="largeNids">NIDs as text, where they came so; else those of the struct are taken.</param>
    public static Result<TargetInfo> Read(in MgsTargetInfo raw, IReadOnlyList<Nid>? largeNids)
    {
        if (raw.NidCount > MgsConst.MTI_NIDS_MAX && largeNids is null)
            return Errno.EPROTO;
        var nids = new List<Nid>(largeNids ?? []);
        if (largeNids is null)
        {
            for (int i = 0; i < raw.NidCount; i++)
                nids.Add(Nid.FromNid4(raw.Nids[i].Value));
        }
        string fsName = raw.FsName.ToString();
        LddFlags type = raw.Flags & LddFlagsMasks.SV_TYPE_MASK & ~LddFlags.SV_TYPE_MGS;
        if (nids.Count == 0 || !IsFsName(fsName) || type is not (LddFlags.SV_TYPE_MDT or LddFlags.SV_TYPE_OST))
            return Errno.EPROTO;
        return new TargetInfo(raw, nids, raw.Params.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>One to eight letters, digits, <c>-</c> or <c>_</c>: it becomes part of names.</summary>
    public static bool IsFsName(string name) =>
        name.Length is > 0 and <= 8 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Nodes are told apart by colons, the NIDs of one by commas.</summary>
    List<IReadOnlyList<Nid>> FailoverNodes()
    {
        const string key = "failover.node=";
        var nodes = new List<IReadOnlyList<Nid>>();
        foreach (string parameter in Parameters)
        {
            if (!parameter.StartsWith(key, StringComparison.Ordinal))
                continue;
            foreach (string node in parameter[key.Length..].Split(':', StringSplitOptions.RemoveEmptyEntries))
            {
                List<Nid> nids = [.. node.Split(',').Select(text => Nid.Parse(text))
                    .Where(nid => !nid.Failed).Select(nid => nid.Value)];
                if (nids.Count > 0)
                    nodes.Add(nids);
            }
        }
        return nodes;
    }
}
