namespace Lustrous.Utils.Hosting;

/// <summary>A folder with all targets of a file system, a folder each: what <c>--store</c> names.</summary>
static class LocalStore
{
    /// <summary>The targets in it; they are made when there are none.</summary>
    public static IReadOnlyList<TargetDescription> Open(string folder, LocalClusterOptions options)
    {
        List<TargetDescription> found = Read(folder);
        if (found.Count == 0)
            return Make(folder, options);
        if (!found.Any(target => target.Mgs) || !found.Any(target => target.Mdt))
            throw new HostException(Errno.EINVAL, $"{folder}: there is no MGS and MDT among its targets");
        string nid = options.Nid.ToString();
        if (found.FirstOrDefault(target => target.ServedAt is { } at && at != nid) is { } other)
        {
            throw new HostException(Errno.EINVAL,
                $"{other.Folder}: {other.Name} is known to its MGS at {other.ServedAt}, not at {nid}. "
                + (other.ServedAt == "0@lo" ? "Leave --nid away" : $"Use --nid {other.ServedAt}"));
        }
        return found;
    }

    static List<TargetDescription> Read(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        try
        {
            return [.. Directory.EnumerateDirectories(folder).Where(TargetDescription.IsThere).Order()
                .Select(TargetDescription.Read)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostException(Errno.EIO, $"{folder} cannot be read: {e.Message}");
        }
    }

    static List<TargetDescription> Make(string folder, LocalClusterOptions options)
    {
        var made = new List<TargetDescription>();
        SeededRandom random = HostContext.NewRandom();
        foreach (TargetDescription target in LocalCluster.MakeTargets(options))
        {
            string name = target.Mgs ? "mgs" : target.Name[(target.FsName.Length + 1)..].ToLowerInvariant();
            string path = Path.Combine(folder, name);
            TargetDescription onDisk = target with { Storage = TargetStorage.Disk, Folder = path };
            TargetStorage.Make(onDisk, path, random);
            made.Add(onDisk);
        }
        return made;
    }
}
