namespace Lustrous.Fuse.Protocol;

/// <summary>A mount that could not be made or undone; the message is one line for a person.</summary>
public sealed class FuseException : Exception
{
    public FuseException(Errno error, string message)
        : base(message) => Error = error;

    public FuseException(Errno error, string message, Exception inner)
        : base(message, inner) => Error = error;

    public Errno Error { get; }
}
