namespace Lustrous.EndToEnd.Tests;

/// <summary>One set of servers with two mounts for all tests of a class: each works in a folder of its own.</summary>
public sealed class SharedCluster : IAsyncDisposable
{
    Cluster? _cluster;
    string _one = "", _two = "";

    /// <summary>A new folder, as both mounts show it. Starts the servers for the first that asks.</summary>
    internal async Task<(string One, string Two)> FolderAsync(string name)
    {
        if (_cluster is null)
        {
            _cluster = await Cluster.StartAsync(size: "4G");
            _one = await _cluster.MountAsync("one");
            _two = await _cluster.MountAsync("two");
            // Others than root come by here.
            await Shell.OkAsync($"chmod 755 {_cluster.Folder} {_one}");
        }
        Directory.CreateDirectory(Path.Combine(_one, name));
        return (Path.Combine(_one, name), Path.Combine(_two, name));
    }

    /// <summary>A folder beside the mounts, on the machine's own disk.</summary>
    internal string LocalFolder(string name) =>
        Directory.CreateDirectory(Path.Combine(_cluster!.Folder, "local-" + name)).FullName;

    public async ValueTask DisposeAsync()
    {
        if (_cluster is null)
            return;
        // Names of any bytes are among them, which the base library cannot remove.
        await Shell.RunAsync($"rm -rf {_cluster.Folder}/local-*");
        await _cluster.DisposeAsync();
    }
}
