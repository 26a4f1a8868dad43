using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

/// <summary>Begins transactions that the target numbers.</summary>
public interface IMddTransactions
{
    /// <summary>A transaction to declare into.</summary>
    /// <param name="owner">The request that gets the number; null for none.</param>
    DtTransaction Begin(object? owner);

    /// <summary>Clients of the target's former life may still open again what they had open.</summary>
    bool IsRecovering { get; }
}
