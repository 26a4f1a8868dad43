namespace Lustrous.Libcfs;

/// <summary>How much an event matters, as Lustre's debug masks name them.</summary>
public enum LogLevel
{
    /// <summary>Details for whoever debugs the protocol.</summary>
    Trace,
    Info,
    /// <summary>Something went wrong that the protocol repairs by itself (<c>D_WARNING</c>).</summary>
    Warning,
    /// <summary>Somebody should look (<c>LCONSOLE_ERROR</c>).</summary>
    Error,
}

/// <summary>One line of the log.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Source">The room it comes from: <c>socklnd</c>, <c>lnet</c>, <c>ptlrpc</c>, or a device's name.</param>
/// <param name="Message">What happened, to which peer, and what is done about it.</param>
public readonly record struct LogEvent(LogLevel Level, string Source, string Message);

/// <summary>Where log events go. Implementations are thread-safe and never block for long.</summary>
public interface ILogSink
{
    /// <summary>Ask before building a message, so that what nobody reads costs nothing.</summary>
    bool IsEnabled(LogLevel level);

    void Write(in LogEvent entry);
}

/// <summary>The log of whoever needs none.</summary>
public sealed class NullLogSink : ILogSink
{
    public static NullLogSink Instance { get; } = new();

    public bool IsEnabled(LogLevel level) => false;

    public void Write(in LogEvent entry)
    {
    }
}

public static class LogSinkExtensions
{
    public static void Trace(this ILogSink log, string source, string message) =>
        log.Write(new(LogLevel.Trace, source, message));

    public static void Info(this ILogSink log, string source, string message) =>
        log.Write(new(LogLevel.Info, source, message));

    public static void Warning(this ILogSink log, string source, string message) =>
        log.Write(new(LogLevel.Warning, source, message));

    public static void Error(this ILogSink log, string source, string message) =>
        log.Write(new(LogLevel.Error, source, message));
}
