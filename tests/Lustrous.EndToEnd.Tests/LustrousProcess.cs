using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Lustrous.EndToEnd.Tests;

/// <summary>The real program, in a process of its own.</summary>
sealed partial class LustrousProcess : IAsyncDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    readonly Process _process;
    readonly ConcurrentQueue<string> _errors = new();

    public LustrousProcess(string runFolder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "lustrous.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LUSTROUS_RUN_DIR"] = runFolder;
        start.Environment.Remove("LUSTROUS_NAME");
        _process = Process.Start(start)!;
        ControlSocket = Path.Combine(runFolder, $"{_process.Id}.sock");
        _process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is not null)
                _errors.Enqueue(e.Data);
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>All that came on the error output so far.</summary>
    public string Errors => string.Join('\n', _errors);

    /// <summary>Where lctl asks it.</summary>
    public string ControlSocket { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Reads on until a line begins so; fails when none does.</summary>
    public async Task<string> FindAsync(string beginning)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (true)
        {
            string? line = await _process.StandardOutput.ReadLineAsync(limit.Token);
            Assert.True(line is not null, $"no line '{beginning}…'\n{Errors}");
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
        }
    }

    public void WriteLine(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>Waits for its end: exit code and what it still said.</summary>
    public async Task<(int ExitCode, string Output)> EndAsync(TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? s_patience);
        // A read of a pipe cannot be called off.
        string output = await _process.StandardOutput.ReadToEndAsync(limit.Token).WaitAsync(limit.Token);
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, output);
    }

    /// <summary>Asks it to stop; SIGINT would not do where the tests themselves run in the background.</summary>
    public void Interrupt() => _ = kill(_process.Id, 15);

    /// <summary>It dies without a word.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Interrupt();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
        _process.Dispose();
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
