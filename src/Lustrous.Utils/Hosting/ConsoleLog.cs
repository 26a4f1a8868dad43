using Lustrous.Libcfs;

namespace Lustrous.Utils.Hosting;

/// <summary>The log of a process of ours: lines on the error output, as Lustre's console messages look.</summary>
sealed class ConsoleLog(LogLevel least) : ILogSink
{
    readonly Lock _lock = new();

    /// <summary>What is written at least; may change while it runs (<c>lctl set_param debug=…</c>).</summary>
    public LogLevel Least { get; set; } = least;

    /// <summary>Taken while a progress display owns the screen; null writes to the error output.</summary>
    public Action<string>? Redirect { get; set; }

    public bool IsEnabled(LogLevel level) => level >= Least;

    public void Write(in LogEvent entry)
    {
        if (!IsEnabled(entry.Level))
            return;
        string line = $"{Prefix(entry.Level)}: {entry.Source}: {entry.Message}";
        lock (_lock)
        {
            if (Redirect is { } redirect)
                redirect(line);
            else
                Console.Error.WriteLine(line);
        }
    }

    static string Prefix(LogLevel level) => level switch
    {
        LogLevel.Error => "LustreError",
        LogLevel.Warning => "LustreWarn",
        _ => "Lustre",
    };
}
