namespace Lustrous.Libcfs;

/// <summary>
/// Lets a burst of lines through each second and no more, so that a peer cannot flood the log; says afterwards how many
/// were left out.
/// </summary>
public sealed class LogLimiter(NodeContext context, string source)
{
    public const int LinesPerSecond = 50;

    readonly Lock _lock = new();
    long _second;       // guarded by _lock
    int _lines;         // in this second; guarded by _lock

    /// <summary>Whether somebody reads this level and the line is still within the second's burst.</summary>
    public bool MayWrite(LogLevel level)
    {
        if (!context.Log.IsEnabled(level))
            return false;
        long second = context.Clock.GetTimestamp() / context.Clock.TimestampFrequency;
        int leftOut = 0;
        bool may;
        lock (_lock)
        {
            if (second != _second)
            {
                leftOut = Math.Max(0, _lines - LinesPerSecond);
                _second = second;
                _lines = 0;
            }
            may = _lines < LinesPerSecond;
            _lines += _lines < int.MaxValue ? 1 : 0;
        }
        if (leftOut > 0)
            context.Log.Warning(source, $"{leftOut} lines like these were left out");
        return may;
    }

    /// <summary>Writes a line that is within the burst.</summary>
    public void Write(LogLevel level, string message)
    {
        if (MayWrite(level))
            context.Log.Write(new LogEvent(level, source, message));
    }
}
