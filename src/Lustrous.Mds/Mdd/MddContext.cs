namespace Lustrous.Mds.Mdd;

/// <summary>On whose behalf an operation is done.</summary>
/// <param name="Credentials">Who asks; checks are against these.</param>
/// <param name="Owner">The request it is for, which gets the transaction's number; null for the server's own.</param>
public readonly record struct MddContext(Credentials Credentials, object? Owner)
{
    /// <summary>The server itself.</summary>
    public static MddContext Server { get; } = new(Credentials.Root, null);
}
