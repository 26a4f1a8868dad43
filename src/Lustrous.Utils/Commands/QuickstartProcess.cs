using System.Diagnostics;
using System.Globalization;
using Lustrous.Utils.Control;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary>The process that runs a <see cref="QuickstartHost"/>.</summary>
sealed class QuickstartProcess : IAsyncDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    readonly Process _process;

    QuickstartProcess(Process process) => _process = process;

    /// <summary>Starts it; its servers run then.</summary>
    public static async Task<QuickstartProcess> StartAsync(
        string mountPoint, string? store, LogLevel level, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        // Run as "dotnet lustrous.dll".
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "lustrous.dll"));
        start.ArgumentList.Add(QuickstartHost.Name);
        start.ArgumentList.Add(mountPoint);
        if (store is not null)
        {
            start.ArgumentList.Add("--store");
            start.ArgumentList.Add(store);
        }
        if (level <= LogLevel.Info)
            start.ArgumentList.Add("--verbose");
        start.Environment.Remove("LUSTROUS_NAME");
        var started = new QuickstartProcess(Process.Start(start)!);
        try
        {
            await started.AnswerAsync(cancel);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Mounts; the transport.</summary>
    public Task<string> MountAsync(CancellationToken cancel) => AskAsync("mount", cancel);

    public Task UnmountAsync() => AskAsync("umount", CancellationToken.None);

    /// <summary>Ends when somebody unmounts it.</summary>
    public Task StayAsync(CancellationToken cancel) => AskAsync("stay", cancel);

    /// <summary>A verb of lfs, as lfs asks it.</summary>
    public static async ValueTask<ControlAnswer> LfsAsync(string[] words, CancellationToken cancel) =>
        await ControlClient.AskFirstAsync(words, cancel)
            ?? throw new HostException(Errno.ESRCH, "the servers' process does not answer");

    /// <summary>It unmounts and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(s_patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();        // with it the mount
        }
        _process.Dispose();
    }

    async Task<string> AskAsync(string word, CancellationToken cancel)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(word.AsMemory(), cancel);
            await _process.StandardInput.FlushAsync(cancel);
        }
        catch (IOException)
        {
            // It has ended; what it said last tells why.
        }
        return await AnswerAsync(cancel);
    }

    async Task<string> AnswerAsync(CancellationToken cancel)
    {
        string? line = await _process.StandardOutput.ReadLineAsync(cancel);
        if (line is not null && line.StartsWith("ok", StringComparison.Ordinal))
            return line[2..].TrimStart();
        string[] words = line?.Split(' ', 3) ?? [];
        throw words is ["error", var number, var text]
            ? new HostException((Errno)int.Parse(number, CultureInfo.InvariantCulture), text)
            : new HostException(Errno.ESRCH, "the servers' process has ended");
    }
}
