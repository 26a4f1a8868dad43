using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Lustrous.EndToEnd.Tests;

/// <summary>Servers and mounts in processes of their own, at addresses that no other test has.</summary>
sealed class Cluster : IAsyncDisposable
{
    public const string FsName = "e2e";

    readonly List<LustrousProcess> _servers = [];
    readonly List<LustrousProcess> _mounts = [];
    readonly string _network;

    public Cluster()
    {
        Needs.Fuse();
        Folder = Directory.CreateTempSubdirectory("lustrous-e2e-").FullName;
        byte[] random = System.Security.Cryptography.RandomNumberGenerator.GetBytes(2);
        _network = string.Create(CultureInfo.InvariantCulture, $"127.{random[0] % 60 + 2}.{random[1]}.");
        Port = FreePort();
    }

    public string Folder { get; }

    public int Port { get; }

    public IReadOnlyList<LustrousProcess> Servers => _servers;

    public IReadOnlyList<LustrousProcess> Mounts => _mounts;

    public string RunFolder => Path.Combine(Folder, "run");

    public string MgsNid => Nid(1);

    string PortText => Port.ToString(CultureInfo.InvariantCulture);

    public string Nid(int node) => string.Create(CultureInfo.InvariantCulture, $"{_network}{node}@tcp");

    /// <summary>One server with the MGS and an MDT, and one for each OST.</summary>
    /// <param name="osts">How many.</param>
    /// <param name="size">Of each OST.</param>
    public static async Task<Cluster> StartAsync(int osts = 2, string size = "1G")
    {
        var cluster = new Cluster();
        try
        {
            await cluster.MakeAsync("mdt0", "--mgs", "--mdt", "--index", "0");
            await cluster.ServeAsync("mdt0", 1);
            for (int i = 0; i < osts; i++)
            {
                string index = i.ToString(CultureInfo.InvariantCulture);
                await cluster.MakeAsync(
                    "ost" + index, "--ost", "--index", index, "--mgsnode", cluster.MgsNid, "--device-size", size);
                await cluster.ServeAsync("ost" + index, 2 + i);
            }
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] words) =>
        RunAsync(RunFolder, words);

    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string runFolder, params string[] words)
    {
        await using var process = new LustrousProcess(runFolder, words);
        (int exitCode, string output) = await process.EndAsync();
        return (exitCode, output, process.Errors);
    }

    public async Task MakeAsync(string name, params string[] options)
    {
        (int exitCode, _, string errors) = await RunAsync(
            ["mkfs.lustre", .. options, "--fsname", FsName, Path.Combine(Folder, name)]);
        Assert.True(exitCode == 0, errors);
    }

    public async Task<LustrousProcess> ServeAsync(string name, int node)
    {
        LustrousProcess server = StartServer(name, node);
        await server.FindAsync("ready");
        return server;
    }

    public LustrousProcess StartServer(string name, int node)
    {
        var server = new LustrousProcess(
            RunFolder, "serve", Path.Combine(Folder, name), "--nid", Nid(node), "--port", PortText);
        _servers.Add(server);
        return server;
    }

    /// <summary>Mounts in a process that the test can watch; the path of the mount.</summary>
    public async Task<string> MountAsync(string name)
    {
        string path = MountPoint(name);
        LustrousProcess mount = StartMount($"{MgsNid}:/{FsName}", path);
        await mount.FindAsync("mounted");
        return path;
    }

    public string MountPoint(string name)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(path);
        return path;
    }

    public LustrousProcess StartMount(string source, string path)
    {
        var mount = new LustrousProcess(RunFolder, "mount", source, path, "--foreground", "-o", "port=" + PortText);
        _mounts.Add(mount);
        return mount;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LustrousProcess mount in _mounts)
            await mount.DisposeAsync();
        foreach (LustrousProcess server in Enumerable.Reverse(_servers))
            await server.DisposeAsync();
        foreach (string path in Directory.EnumerateDirectories(Folder))
            await Shell.RunAsync($"umount -l {path}", seconds: 30);       // most are no mounts, or none any more
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>One that nobody listens on now, on all loopback addresses.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Any, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
