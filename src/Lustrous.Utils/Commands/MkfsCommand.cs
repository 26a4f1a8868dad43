using System.CommandLine;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary><c>mkfs.lustre</c>: describes a target for <c>lustrous serve</c>.</summary>
static class MkfsCommand
{
    const int MaxIndex = 0xffff - 1;

    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of the target" };
        var mgs = new Option<bool>("--mgs") { Description = "Is the management server" };
        var mdt = new Option<bool>("--mdt") { Description = "Is a metadata target" };
        var ost = new Option<bool>("--ost") { Description = "Is an object target" };
        var fsName = new Option<string>("--fsname")
        {
            Description = "Name of the file system, at most 8 characters",
            DefaultValueFactory = static _ => "lustre",
        };
        var index = new Option<int?>("--index") { Description = "Number of the target, 0 to 65534" };
        var nodes = new Option<string[]>("--mgsnode")
        {
            Description = "NIDs of the MGS: 10.0.0.1@tcp; may be repeated",
        };
        var parameters = new Option<string[]>("--param")
        {
            Description = "A parameter for its configuration: KEY=VALUE",
        };
        var failNodes = new Option<string[]>("--failnode")
        {
            Description = "NIDs of a node that may take it over",
        };
        var serviceNodes = new Option<string[]>("--servicenode")
        {
            Description = "NIDs of a node that may serve it; name each, none is the first",
        };
        var size = new Option<string?>("--device-size")
        {
            Description = "Room at most: 512M, 16G; without it what the file system of DIR has, or 64G of memory",
        };
        var storage = new Option<string>("--backfstype")
        {
            Description = "lustrous: in DIR; memory: lost when the server stops",
            DefaultValueFactory = static _ => TargetStorage.Disk,
        };
        storage.AcceptOnlyFromAmong(TargetStorage.Disk, TargetStorage.Memory);
        var reformat = new Option<bool>("--reformat") { Description = "Replaces a target that is there" };
        var command = new Command("mkfs.lustre", "Makes a target for 'lustrous serve'.")
        {
            folder, mgs, mdt, ost, fsName, index, nodes, parameters, failNodes, serviceNodes, size, storage, reformat,
        };
        command.Aliases.Add("mkfs");
        command.SetAction((parsed, _) => HostCommand.RunAsync("mkfs.lustre", _ =>
        {
            var asked = new TargetDescription
            {
                Mgs = parsed.GetValue(mgs),
                Mdt = parsed.GetValue(mdt),
                Ost = parsed.GetValue(ost),
                FsName = parsed.GetValue(fsName)!,
                Storage = parsed.GetValue(storage)!,
                MgsNodes = parsed.GetValue(nodes) ?? [],
                ServiceNodes = parsed.GetValue(serviceNodes) ?? [],
                Parameters =
                [
                    .. parsed.GetValue(parameters) ?? [],
                    .. (parsed.GetValue(failNodes) ?? []).Concat(parsed.GetValue(serviceNodes) ?? [])
                        .Select(node => "failover.node=" + node),
                ],
            };
            if (parsed.GetValue(failNodes) is { Length: > 0 } && asked.ServiceNodes.Count > 0)
                throw Wrong("--failnode and --servicenode exclude each other");
            return Task.FromResult(Make(
                parsed.GetValue(folder)!, asked, parsed.GetValue(index), parsed.GetValue(size),
                parsed.GetValue(reformat)));
        }));
        return command;
    }

    static int Make(string folder, TargetDescription asked, int? index, string? size, bool reformat)
    {
        if (!asked.Mgs && !asked.Mdt && !asked.Ost)
            throw Wrong("say what it is: --mgs, --mdt or --ost");
        if (asked.Mdt && asked.Ost)
            throw Wrong("a target is an MDT or an OST, not both");
        if (asked is { Mgs: true, Ost: true })
            throw Wrong("the MGS goes alone or with an MDT");
        bool isTarget = asked.Mdt || asked.Ost;
        if (asked.FsName.Length is 0 or > 8
            || !asked.FsName.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw Wrong($"--fsname '{asked.FsName}': 1 to 8 letters, digits, '-' or '_'");
        if (isTarget && index is null)
            throw Wrong("--index is missing: each target of a file system has its own, from 0");
        if (index is < 0 or > MaxIndex)
            throw Wrong($"--index {index}: 0 to {MaxIndex}");
        if (isTarget && !asked.Mgs && asked.MgsNodes.Count == 0)
            throw Wrong("--mgsnode is missing: the NID of the MGS, as 10.0.0.1@tcp");
        _ = MgsNodes.Parse(asked.MgsNodes);
        foreach (string parameter in asked.Parameters)
        {
            const string failover = "failover.node=";
            if (parameter.StartsWith(failover, StringComparison.Ordinal))
                _ = MgsNodes.Parse([parameter[failover.Length..]]);
        }
        long bytes = 0;
        if (size is not null && (!SizeText.TryParse(size, out bytes) || bytes < 16 << 20))
            throw Wrong($"--device-size {size}: at least 16M");
        if (TargetDescription.IsThere(folder))
        {
            if (!reformat)
                throw Wrong($"{folder} is a target already; --reformat replaces it");
            TargetStorage.Remove(folder);
        }
        TargetDescription made = asked with { Index = (uint)(index ?? 0), CapacityBytes = bytes };
        TargetStorage.Make(made, folder, HostContext.NewRandom());
        Console.WriteLine($"{made.Name}{(made is { Mgs: true, Mdt: true } ? " and MGS" : "")} in {folder}");
        if (made.IsMemory)
            Console.WriteLine("   Storage: memory. What is written to it is LOST when its server stops.");
        Console.WriteLine($"   Run it:  lustrous serve {folder}");
        return 0;
    }

    static HostException Wrong(string what) => new(Errno.EINVAL, what);
}
