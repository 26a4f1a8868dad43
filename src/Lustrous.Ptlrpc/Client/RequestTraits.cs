namespace Lustrous.Ptlrpc.Client;

/// <summary>What decides whether a request may be sent now.</summary>
/// <param name="SendState">The state the import must be in: FULL, but for the requests that make it so.</param>
/// <param name="Generation">The import's when the request was made.</param>
/// <param name="NoDelay">Fails rather than wait for a connection.</param>
/// <param name="NoResend">Is sent at most once.</param>
/// <param name="AllowReplay">May also go while the target recovers.</param>
/// <param name="IsResend">Has been sent before.</param>
public readonly record struct RequestTraits(
    ImportState SendState, int Generation, bool NoDelay, bool NoResend, bool AllowReplay, bool IsResend);

/// <summary>Whether a request is sent now, later, or never.</summary>
public readonly record struct Admission
{
    Admission(bool isSent, Errno error) => (IsSent, Error) = (isSent, error);

    public static Admission Send { get; } = new(true, Errno.OK);

    public static Admission Delay { get; } = new(false, Errno.OK);

    public bool IsSent { get; }

    /// <summary>Why it can never be sent; OK otherwise.</summary>
    public Errno Error { get; }

    public static Admission Refuse(Errno error) => new(false, error);

    public override string ToString() => IsSent ? "Send" : Error == Errno.OK ? "Delay" : Error.ToString();
}
