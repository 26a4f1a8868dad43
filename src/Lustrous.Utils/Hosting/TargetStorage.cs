using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Mem;

namespace Lustrous.Utils.Hosting;

/// <summary>Where a target keeps its data: in its folder, or in memory.</summary>
static class TargetStorage
{
    /// <summary><c>--backfstype</c> of a target in its folder.</summary>
    public const string Disk = "lustrous";

    /// <summary>Of one that does not outlive its process.</summary>
    public const string Memory = "memory";

    const long DefaultMemoryBytes = 64L << 30;

    // Of what the process may have: what a target on a disk keeps of what was used lately.
    const int MemoryPart = 16;
    const long LeastMemoryBytes = 64 << 20;

    public static IDtDevice Open(NodeContext context, TargetDescription target)
    {
        string name = target.Name + "-osd";
        if (target.IsMemory)
        {
            return new MemDevice(context, new MemDeviceOptions
            {
                Name = name,
                CapacityBytes = target.CapacityBytes > 0 ? target.CapacityBytes : DefaultMemoryBytes,
            });
        }
        var options = new DiskDeviceOptions
        {
            Path = target.Folder!,
            Name = name,
            CapacityBytes = target.CapacityBytes,
            MemoryBytes = Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryPart, LeastMemoryBytes),
        };
        Errno error = DiskDevice.Open(context, options, out DiskDevice? device, out string why);
        return error == Errno.OK ? device! : throw new HostException(error, $"{target.Name}: {why}");
    }

    /// <summary>Makes a target's folder, with its description.</summary>
    public static void Make(TargetDescription target, string folder, SeededRandom random)
    {
        if (!target.IsMemory)
        {
            Create(folder);
            Errno error = DiskDevice.Format(folder, random);
            if (error != Errno.OK)
                throw new HostException(error, $"{folder}: no target can be made there ({error})");
        }
        target.Write(folder);
    }

    /// <summary>Takes a target away; not one that a process has open.</summary>
    public static void Remove(string folder)
    {
        if (!DiskDevice.TryRemove(folder, out string why))
            throw new HostException(Errno.EBUSY, why);
        File.Delete(Path.Combine(folder, TargetDescription.FileName));
    }

    static void Create(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostException(Errno.EIO, $"{folder} cannot be made: {e.Message}");
        }
    }
}
