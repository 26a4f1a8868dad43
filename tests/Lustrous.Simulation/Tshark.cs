using System.Diagnostics;

namespace Lustrous.Simulation;

/// <summary>Wireshark's command line, the independent witness of our bytes, where it is installed.</summary>
public static class Tshark
{
    public const string Missing = "tshark is not installed (Debian: apt-get install tshark)";

    static readonly string? Program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, "tshark")).FirstOrDefault(File.Exists);

    public static bool IsInstalled => Program is not null;

    /// <summary>
    /// The wanted fields of every frame that passes the filter, a row each; several values stand comma-separated.
    /// </summary>
    /// <param name="capture">The file.</param>
    /// <param name="filter">A display filter, such as <c>lnet</c>.</param>
    /// <param name="port">TCP port that is taken for socklnd's.</param>
    /// <param name="fields">Field names, such as <c>lnet.msg_type</c>.</param>
    public static string[][] Read(string capture, string filter, int port, params string[] fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var start = new ProcessStartInfo(Program ?? throw new InvalidOperationException(Missing))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            "-n", "-r", capture, "-Y", filter, "-d", $"tcp.port=={port},lnet", "-o", "tcp.check_checksum:TRUE",
            "-o", "ip.check_checksum:TRUE", "-T", "fields", "-E", "separator=|", "-E", "occurrence=a",
            .. fields.SelectMany(field => new[] { "-e", field }),
        ];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)) || process.ExitCode != 0)
            throw new InvalidOperationException($"tshark failed: {errors.GetAwaiter().GetResult()}");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|'))];
    }
}
