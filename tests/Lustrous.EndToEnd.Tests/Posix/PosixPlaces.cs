using System.Runtime.CompilerServices;

namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>The folders of all checks: servers and two mounts that are started once, and the machine's own disk.
/// </summary>
public sealed class PosixPlaces : IAsyncDisposable
{
    const long Ext4Magic = 0xEF53;

    /// <summary>On a disk, and everybody comes by.</summary>
    const string LocalDisk = "/var/tmp";

    readonly SharedCluster _cluster = new();
    string? _local;

    /// <summary>The three places, for theories.</summary>
    public static TheoryData<Place> All => [Place.Ext4, Place.OneMount, Place.TwoMounts];

    /// <summary>A new folder; skips where the place does not exist on this machine.</summary>
    internal async Task<PosixFolder> FolderAsync(Place place, [CallerMemberName] string check = "")
    {
        if (place == Place.Ext4)
        {
            if (_local is null)
            {
                if (Sys.FileSystemOf(LocalDisk) != Ext4Magic)
                    Assert.Skip($"{LocalDisk} is no ext4");
                _local = Path.Combine(LocalDisk, $"lustrous-posix-{Environment.ProcessId}");
            }
            string local = Directory.CreateDirectory(Path.Combine(_local, check)).FullName;
            return new PosixFolder(local, local, IsLustre: false);
        }
        (string one, string two) = await _cluster.FolderAsync($"{check}-{place}");
        return place == Place.OneMount ? new PosixFolder(one, one, true) : new PosixFolder(one, two, true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_local is not null)
            await Shell.RunAsync($"rm -rf {_local}");
        await _cluster.DisposeAsync();
    }
}
