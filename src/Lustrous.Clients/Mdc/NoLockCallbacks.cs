using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;

namespace Lustrous.Clients.Mdc;

/// <summary>Nothing is cached under the locks.</summary>
sealed class NoLockCallbacks : ILockCallbacks
{
    public static readonly NoLockCallbacks Instance = new();

    public void Granted(ClientLock granted, ReadOnlySpan<byte> lvb)
    {
    }

    public ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss) => default;

    public void Blocked(ClientLock blocked)
    {
    }

    public int Glimpse(ClientLock held, Span<byte> lvb) => 0;

    public bool MayDrop(ClientLock unused) => true;
}
