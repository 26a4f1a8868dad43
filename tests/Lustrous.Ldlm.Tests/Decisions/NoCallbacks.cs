using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;

namespace Lustrous.Ldlm.Tests.Decisions;

/// <summary>An owner that keeps nothing.</summary>
sealed class NoCallbacks : ILockCallbacks
{
    public static NoCallbacks Instance { get; } = new();

    public void Granted(ClientLock granted, ReadOnlySpan<byte> lvb)
    {
    }

    public ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss) => ValueTask.CompletedTask;

    public void Blocked(ClientLock blocked)
    {
    }

    public int Glimpse(ClientLock held, Span<byte> lvb) => 0;

    public bool MayDrop(ClientLock unused) => true;
}
