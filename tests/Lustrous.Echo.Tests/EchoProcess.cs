using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Lustrous.Echo.Tests;

/// <summary>A process of lustrous-echo.</summary>
sealed class EchoProcess : IAsyncDisposable
{
    readonly Process _process;

    public EchoProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "lustrous-echo.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, e) => Errors += e.Data + "\n";
        _process.BeginErrorReadLine();
    }

    public string Errors { get; private set; } = "";

    public int ExitCode => _process.ExitCode;

    /// <summary>The next line, null at the end; a test that waits for ever fails instead.</summary>
    public async Task<string?> ReadLineAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await _process.StandardOutput.ReadLineAsync(limit.Token);
    }

    public async Task ExpectAsync(string line)
    {
        string? got = await ReadLineAsync();
        Assert.True(got == line, $"expected '{line}', got '{got}'\n{Errors}");
    }

    /// <summary>Reads on until a line begins so; fails when none does.</summary>
    public async Task<string> FindAsync(string beginning)
    {
        string? line;
        do
        {
            line = await ReadLineAsync();
            Assert.True(line is not null && !line.StartsWith("failed", StringComparison.Ordinal),
                $"no '{beginning}' but '{line}'\n{Errors}");
        }
        while (!line.StartsWith(beginning, StringComparison.Ordinal));
        return line;
    }

    /// <summary>Ends its input: it stops when what it has begun is done.</summary>
    public void Stop() => _process.StandardInput.Close();

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>A target's sign to stop.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    public async Task ExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    public static int FreePort(IPAddress address)
    {
        using var listener = new TcpListener(address, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
