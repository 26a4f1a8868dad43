namespace Lustrous.LNet;

/// <summary>Lets a burst of lines through each second and no more, so that a peer cannot flood the log.</summary>
sealed class LogLimiter(NodeContext context)
{
    const int LinesPerSecond = 50;

    readonly Lock _lock = new();
    long _second;       // guarded by _lock
    int _lines;         // in this second; guarded by _lock

    /// <summary>Whether somebody reads this level and the line is still within the second's burst.</summary>
    public bool MayWrite(LogLevel level)
    {
        if (!context.Log.IsEnabled(level))
            return false;
        long second = context.Clock.GetTimestamp() / context.Clock.TimestampFrequency;
        lock (_lock)
        {
            if (second != _second)
            {
                _second = second;
                _lines = 0;
            }
            return ++_lines <= LinesPerSecond;
        }
    }
}
