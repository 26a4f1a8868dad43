using System.Diagnostics;
using System.Globalization;

namespace Lustrous.Bench.Load;

/// <summary>This program again, in a process of its own, serving on a port that it prints first.</summary>
sealed class ServerProcess : IDisposable
{
    readonly Process _process;

    public ServerProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(ServerProcess).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        Port = int.Parse(_process.StandardOutput.ReadLine() ?? "", CultureInfo.InvariantCulture);
    }

    public int Port { get; }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
            _process.Kill();
        _process.Dispose();
    }
}
