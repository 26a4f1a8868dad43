using System.Diagnostics;

namespace Lustrous.Bench.Fuse;

/// <summary>This program in a process of its own, which serves a mount on a new folder, or servers alone. Whatever
/// becomes of the measurement, mount, process and folder are gone afterwards.</summary>
sealed class MountProcess : IAsyncDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    readonly Process _process;

    MountProcess(Process process, string folder)
    {
        _process = process;
        Folder = folder;
    }

    /// <summary>Where it is mounted; empty for servers alone.</summary>
    public string Folder { get; }

    /// <summary>Its first line: it is ready.</summary>
    public string Greeting { get; private set; } = "";

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="arguments">Its words, with <c>FOLDER</c> where the mount point belongs.</param>
    public static async Task<MountProcess> StartAsync(params string[] arguments)
    {
        bool mounts = arguments.Contains("FOLDER");
        string folder = mounts ? Directory.CreateTempSubdirectory($"lustrous-{arguments[0]}-").FullName : "";
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        // Run as "dotnet lustrous-bench.dll".
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(MountProcess).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument == "FOLDER" ? folder : argument);
        var started = new MountProcess(Process.Start(start)!, folder);
        if (await started._process.StandardOutput.ReadLineAsync() is { } greeting)
        {
            started.Greeting = greeting;
            return started;
        }
        await started.DisposeAsync();
        throw new InvalidOperationException($"'{string.Join(' ', arguments)}' did not start");
    }

    /// <summary>Asks it something, a line for a line.</summary>
    public async Task<string> AskAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("it has ended");
    }

    /// <summary>For a child that serves a mount: a line on its input is answered, and the mount goes when the input
    /// ends, as it does when its parent dies.</summary>
    public static void FollowInput(string mountPoint, Func<string> answer)
    {
        new Thread(() =>
        {
            while (Console.ReadLine() is not null)
                Console.WriteLine(answer());
            using Process umount = Umount(mountPoint);
            umount.WaitForExit();
        }) { IsBackground = true }.Start();
    }

    public async ValueTask DisposeAsync()
    {
        if (Folder.Length > 0)
        {
            using Process umount = Umount(Folder);
            await umount.WaitForExitAsync();
        }
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
        if (Folder.Length > 0)
            Directory.Delete(Folder);
    }

    /// <summary>Lazily: files that a failed measurement has open must not keep it.</summary>
    static Process Umount(string mountPoint) =>
        Process.Start(new ProcessStartInfo("umount", ["-l", mountPoint]) { RedirectStandardError = true })!;
}
