using System.Runtime.CompilerServices;

namespace Lustrous.Libcfs;

/// <summary>
/// A short, non-recursive mutual exclusion with a place in the lock order: a thread may enter it only while every lock
/// it holds has a lower rank. The scope is a ref struct, so an <c>await</c> inside does not compile.
/// </summary>
/// <remarks>Ranks and what each lock guards: docs/lock-order.md. Ranks are checked in debug builds only.</remarks>
public sealed class RankedLock(int rank, string name)
{
    readonly Lock _lock = new();

#if DEBUG
    [ThreadStatic]
    static RankedLock? s_innermost;

    RankedLock? _outer; // guarded by this lock
#endif

    public int Rank { get; } = rank;

    public string Name { get; } = name;

    public bool IsHeldByCurrentThread => _lock.IsHeldByCurrentThread;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Scope Enter()
    {
#if DEBUG
        if (s_innermost is { } held && held.Rank >= Rank)
            Lassert.Lbug($"lock order: {Name} (rank {Rank}) entered while {held.Name} (rank {held.Rank}) is held");
#endif
        _lock.Enter();
#if DEBUG
        _outer = s_innermost;
        s_innermost = this;
#endif
        return new Scope(this);
    }

    /// <summary>The time during which the lock is held; disposing leaves it.</summary>
    public readonly ref struct Scope
    {
        readonly RankedLock _owner;

        internal Scope(RankedLock owner) => _owner = owner;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose()
        {
#if DEBUG
            s_innermost = _owner._outer;
            _owner._outer = null;
#endif
            _owner._lock.Exit();
        }
    }
}
