namespace Lustrous.Simulation;

/// <summary>How the way between two nodes behaves; the same for both directions.</summary>
public sealed record SimLinkOptions
{
    public static SimLinkOptions Default { get; } = new();

    /// <summary>One-way delay, drawn evenly between the two; order on one connection is kept.</summary>
    public TimeSpan MinDelay { get; init; } = TimeSpan.FromMicroseconds(20);

    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMicroseconds(500);

    /// <summary>LNet messages that vanish although they were sent well.</summary>
    public double DropProbability { get; init; }

    /// <summary>
    /// Chance for each message that the connection dies right after it was sent (it may or may not be lost).
    /// </summary>
    public double CutProbability { get; init; }

    /// <summary>Connections between the pair; messages draw one at random, so they overtake each other.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>How often a payload arrives some time after its header, with the connection busy in between.</summary>
    public double SplitReceiveProbability { get; init; } = 0.2;

    /// <summary>0 is without limit.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>
    /// Bytes that may be under way in one direction of a connection; what comes beyond waits at the sender.
    /// </summary>
    public int WindowBytes { get; init; } = 4 << 20;

    /// <summary>A connection on which nothing moves for so long is given up (socklnd's sock_timeout).</summary>
    public TimeSpan SocketTimeout { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>How long dialling a silent peer takes to fail.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
