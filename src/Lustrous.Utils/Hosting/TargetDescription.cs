using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lustrous.Libcfs;

namespace Lustrous.Utils.Hosting;

/// <summary>What <c>mkfs.lustre</c> writes down of a target: which it is, and where its MGS is.</summary>
sealed record TargetDescription
{
    /// <summary>The file in a target's folder.</summary>
    public const string FileName = "lustrous-target.json";

    /// <summary>Serves as an MGS.</summary>
    public bool Mgs { get; init; }

    /// <summary>Serves as an MDT of <see cref="FsName"/>.</summary>
    public bool Mdt { get; init; }

    /// <summary>Serves as an OST of <see cref="FsName"/>.</summary>
    public bool Ost { get; init; }

    public string FsName { get; init; } = "";

    public uint Index { get; init; }

    /// <summary>NIDs of the MGS; none where it is the same target.</summary>
    public IReadOnlyList<string> MgsNodes { get; init; } = [];

    /// <summary>Parameters for its logs: <c>failover.node=…</c>.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>Where the data is (<c>--backfstype</c>): in its folder, or in <c>memory</c>, which does not outlive the
    /// process.</summary>
    public string Storage { get; init; } = TargetStorage.Memory;

    /// <summary>Nodes of <c>--servicenode</c>: each may serve it, also as the first
    /// (<c>LDD_F_NO_PRIMNODE</c>).</summary>
    public IReadOnlyList<string> ServiceNodes { get; init; } = [];

    /// <summary>Bytes it holds at most; 0: as much as there is.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>The MGS knows it: it started before.</summary>
    public bool Registered { get; init; }

    /// <summary>The NID that it was first served at, and that clients find in its MGS's logs.</summary>
    public string? ServedAt { get; init; }

    [JsonIgnore]
    public string Name => Mdt || Ost
        ? string.Create(CultureInfo.InvariantCulture, $"{FsName}-{(Mdt ? "MDT" : "OST")}{Index:x4}")
        : "MGS";

    [JsonIgnore]
    public bool IsMemory => Storage == TargetStorage.Memory;

    /// <summary>Where it was read from; null for one that no folder holds.</summary>
    [JsonIgnore]
    public string? Folder { get; init; }

    /// <summary>Whether a target was made in a folder.</summary>
    public static bool IsThere(string folder) =>
        File.Exists(Path.Combine(folder, FileName)) || Osd.Disk.DiskDevice.IsFormatted(folder);

    public static TargetDescription Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            TargetDescription? read = JsonSerializer.Deserialize<TargetDescription>(File.ReadAllBytes(path), s_json);
            return read is null ? throw new JsonException("it is empty") : read with { Folder = folder };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HostException(
                Errno.ENOENT, $"{folder} is no target: there is no {FileName}. Make one with mkfs.lustre");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new HostException(Errno.EIO, $"{path} cannot be read: {e.Message}");
        }
    }

    public void Write(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            Directory.CreateDirectory(folder);
            using (FileStream next = File.Create(path + ".new"))
            {
                JsonSerializer.Serialize(next, this, s_json);
                next.Flush(flushToDisk: true);
            }
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostException(Errno.EIO, $"{path} cannot be written: {e.Message}");
        }
    }

    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };
}
