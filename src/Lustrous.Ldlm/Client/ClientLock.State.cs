using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

/// <summary>How far a lock is.</summary>
enum ClientLockState : byte
{
    /// <summary>Its enqueue is under way.</summary>
    Asking,

    /// <summary>The server said that a completion follows.</summary>
    Waiting,

    /// <summary>Reply or completion has come; the owner is being told.</summary>
    Granting,

    Granted,

    /// <summary>What it protects is being flushed; nobody gets it any more.</summary>
    Leaving,

    /// <summary>Not ours any more, whether or not the server knows already.</summary>
    Gone,
}

/// <summary>What is to be done about a lock, outside of its resource's lock.</summary>
enum ClientAction : byte
{
    None,

    /// <summary>Flush it and give it back.</summary>
    Cancel,

    /// <summary>Flush some bits and give those back.</summary>
    Convert,

    /// <summary>Nobody uses it any more: into the LRU.</summary>
    Keep,

    /// <summary>Somebody uses it: tell the owner that it is wanted elsewhere.</summary>
    Hint,
}

// The decisions about one lock, all under its resource's lock: no time, no network.
public sealed partial class ClientLock
{
    int _readers;
    int _writers;

    internal ClientLockState State { get; private set; } = ClientLockState.Asking;

    /// <summary>The server has forgotten it, and us.</summary>
    internal bool IsFailed { get; private set; }

    internal bool IsConverting { get; private set; }

    /// <summary>Its completion is overdue, and the server is being asked for it.</summary>
    internal bool IsAskedFor { get; set; }

    /// <summary>Bits that are wanted elsewhere; none of a blocked lock: all of it.</summary>
    internal InodeBits WantedBits { get; private set; }

    /// <summary>The bits that the conversion under way gives up.</summary>
    internal InodeBits DroppedBits { get; private set; }

    /// <summary>Dirty data need not be written: the object is gone.</summary>
    internal bool Discards { get; private set; }

    internal ILockCallbacks Callbacks { get; }

    internal TaskCompletionSource<Errno>? Completion { get; private set; }

    /// <summary>Why the server will not grant it after all; OK while it may.</summary>
    internal Errno Refusal { get; private set; }

    internal bool IsUsed => _readers + _writers > 0;

    internal void Count(LockMode mode, int change)
    {
        bool wasUsed = IsUsed;
        if (LockModes.IsRead(mode))
            _readers += change;
        else
            _writers += change;
        Lassert.That(_readers >= 0 && _writers >= 0, "a lock was released more often than referenced");
        if (IsUsed != wasUsed)
            Namespace.CountUsed(wasUsed ? -1 : 1);
    }

    /// <summary>A new user; false when nobody may have it any more.</summary>
    internal bool TryReference(LockMode mode)
    {
        if (State != ClientLockState.Granted || IsBlocked || IsFailed)
            return false;
        Count(mode, 1);
        return true;
    }

    /// <summary>The reply or a completion grants it; false when the other has done so, or nobody wants it any
    /// more.</summary>
    internal bool TryGrant(LockMode mode, in LdlmPolicyData policy)
    {
        if (State is not (ClientLockState.Asking or ClientLockState.Waiting))
            return false;
        // The asker's reference is one of the mode it gets.
        Count(mode, 1);
        Count(RequestedMode, -1);
        RequestedMode = mode;
        Policy = policy;
        State = ClientLockState.Granting;
        return true;
    }

    /// <summary>The owner knows: others may find it. Its asker may have gone meanwhile.</summary>
    internal ClientAction Granted()
    {
        GrantedMode = RequestedMode;
        State = ClientLockState.Granted;
        if (IsUsed)
            return ClientAction.None;
        return IsBlocked || IsFailed ? Leave(mayConvert: true) : ClientAction.Keep;
    }

    /// <summary>The reply says that a completion follows; null when that has come first.</summary>
    internal Task<Errno>? Wait()
    {
        if (State == ClientLockState.Asking)
            State = ClientLockState.Waiting;
        if (Refusal != Errno.OK)
            return Task.FromResult(Refusal);
        if (State is not (ClientLockState.Waiting or ClientLockState.Granting))
            return null;
        return (Completion ??= new TaskCompletionSource<Errno>()).Task;
    }

    /// <summary>The server has given the wait up, perhaps before it said that there is one.</summary>
    internal void Refuse(Errno why) => Refusal = why;

    /// <summary>The server wants it, or some of its bits, back.</summary>
    internal ClientAction Block(InodeBits wanted, bool discard)
    {
        // Bits that are asked for while all of it is wanted change nothing.
        bool wholeWanted = IsBlocked && WantedBits == 0;
        WantedBits = wholeWanted || wanted == 0 ? 0 : WantedBits | wanted;
        IsBlocked = true;
        Discards |= discard;
        if (State != ClientLockState.Granted)
            return ClientAction.None;
        return IsUsed ? ClientAction.Hint : Leave(mayConvert: true);
    }

    /// <summary>A user less.</summary>
    internal ClientAction Release(LockMode mode, bool andCancel, bool mayConvert)
    {
        Count(mode, -1);
        if (andCancel)
        {
            IsBlocked = true;
            WantedBits = 0;
        }
        if (IsUsed || State != ClientLockState.Granted)
            return ClientAction.None;
        return IsBlocked || IsFailed ? Leave(mayConvert) : ClientAction.Keep;
    }

    /// <summary>It goes now, if nobody uses it and it is not going already.</summary>
    internal bool TryLeave()
    {
        if (State != ClientLockState.Granted || IsUsed || IsConverting)
            return false;
        IsBlocked = true;
        State = ClientLockState.Leaving;
        return true;
    }

    /// <summary>It gives up these bits now, if others remain, nobody uses it and it is not going already.</summary>
    internal bool TryConvert(InodeBits given)
    {
        if (State != ClientLockState.Granted || IsUsed || IsConverting || IsBlocked || IsFailed
            || !Namespace.CanConvert || (Bits & given) == 0 || (Bits & ~given) == 0)
            return false;
        ClientAction action = Block(given, discard: false);
        Lassert.That(action == ClientAction.Convert);
        return true;
    }

    /// <summary>A conversion has ended: kept, or else lost at the server.</summary>
    internal ClientAction Converted(bool kept)
    {
        IsConverting = false;
        DroppedBits = 0;
        if (!kept)
        {
            IsBlocked = true;
            WantedBits = 0;
        }
        if (State != ClientLockState.Granted || IsUsed)
            return ClientAction.None;
        return IsBlocked || IsFailed ? Leave(mayConvert: kept) : ClientAction.Keep;
    }

    /// <summary>The server has thrown us out; returns what to do with it.</summary>
    internal ClientAction Fail()
    {
        IsFailed = true;
        IsBlocked = true;
        WantedBits = 0;
        switch (State)
        {
            case ClientLockState.Granted when !IsUsed && !IsConverting:
                State = ClientLockState.Leaving;
                return ClientAction.Cancel;
            case ClientLockState.Granted:
                return ClientAction.Hint;
            default:
                return ClientAction.None;
        }
    }

    /// <summary>It is not ours any more; false when it already was not.</summary>
    internal bool TryEnd()
    {
        if (State == ClientLockState.Gone)
            return false;
        State = ClientLockState.Gone;
        return true;
    }

    ClientAction Leave(bool mayConvert)
    {
        if (IsConverting)
            return ClientAction.None;       // its end looks again
        InodeBits dropped = Bits & WantedBits;
        if (mayConvert && Type == LockType.Ibits && WantedBits != 0 && !IsFailed && (Bits & ~WantedBits) != 0
            && Namespace.CanConvert)
        {
            IsBlocked = false;
            WantedBits = 0;
            if (dropped == 0)
                return ClientAction.Keep;   // given up already
            LdlmInodeBits bits = Policy.InodeBits;
            bits.Bits &= ~dropped;
            Policy = Policy with { InodeBits = bits };
            DroppedBits = dropped;
            IsConverting = true;
            return ClientAction.Convert;
        }
        State = ClientLockState.Leaving;
        return ClientAction.Cancel;
    }
}
