using Lustrous.Idl.LNet;
using Lustrous.LNet.Matching;

namespace Lustrous.LNet;

/// <summary>
/// LNet's own part of a descriptor, from linking to its last event (<c>struct lnet_libmd</c>, <c>lnet_me</c>).
/// </summary>
/// <remarks>Everything here is guarded by <see cref="Owner"/>'s lock while linked.</remarks>
public sealed partial class MemoryDescriptor
{
    /// <summary><c>LNET_MD_THRESH_INF</c></summary>
    public const int InfiniteThreshold = -1;

    /// <summary><c>LNET_MAX_IOV</c></summary>
    public const int MaxFragments = 256;

    MdOwner? _owner;
    PendingEvent? _firstPending, _lastPending;

    /// <summary>The portal or handle stripe it is linked to; null while it is its user's alone.</summary>
    internal MdOwner? Owner
    {
        get => Volatile.Read(ref _owner);
        set => Volatile.Write(ref _owner, value);
    }

    /// <summary>Whether it is linked, so that events may still come and its memory must stay.</summary>
    public bool IsLinked => Owner is not null;

    internal LNetProcessId MatchId;
    internal ulong MatchBits, IgnoreBits;
    internal MemoryDescriptor? PreviousMatch, NextMatch;    // in its portal's list

    internal int Slot;                      // in its stripe's table
    internal WireHandle Handle;
    internal LNetProcessId ResponsePeer;    // who may answer
    internal LNetMessageType ResponseType;  // and with what

    internal MemoryDescriptor? PreviousTracked, NextTracked;
    internal bool Tracked;
    internal long Deadline;                 // clock time stamp by which the response must be there

    internal int CurrentOffset;             // md_offset: where the next locally managed message goes
    internal int BusyCount;                 // messages that use it now
    internal bool AutoUnlink;
    internal bool Zombie;                   // to be unlinked, matches nothing any more
    internal bool Handling;                 // a thread is in its handler
    internal Errno AbortStatus;             // what operations still under way end with, once unlinked by hand

    /// <summary>Takes nothing more (lnet_md_exhausted).</summary>
    internal bool Exhausted =>
        Threshold == 0
        || (Options & MdOptions.MaxSize) != 0 && (long)CurrentOffset + MaxSize > Length;

    /// <summary>Refuses what would let a peer reach beyond its memory.</summary>
    internal bool IsValid()
    {
        if (FragmentCount < 0 || FragmentCount > Fragments.Length || FragmentCount > MaxFragments || Length < 0
            || Threshold < InfiniteThreshold)
            return false;
        if ((Options & MdOptions.MaxSize) != 0 && (MaxSize < 0 || MaxSize > Length))
            return false;
        long total = 0;
        for (int i = 0; i < FragmentCount; i++)
            total += Fragments[i].Length;
        return total == Length;
    }

    internal void ResetLink(MdOwner owner)
    {
        CurrentOffset = 0;
        BusyCount = 0;
        Zombie = false;
        Handling = false;
        AbortStatus = Errno.OK;
        Tracked = false;
        Owner = owner;
    }

    /// <summary>A message starts to use it (lnet_msg_attach_md).</summary>
    internal void BeginOperation()
    {
        BusyCount++;
        if (Threshold == InfiniteThreshold)
            return;
        Lassert.That(Threshold > 0);
        Threshold--;
    }

    /// <summary>The fragments that hold <paramref name="length"/> bytes from <paramref name="offset"/> on.</summary>
    /// <param name="skip">Bytes to skip in the first of them.</param>
    internal ReadOnlySpan<IoVec> Slice(int offset, int length, out int skip)
    {
        Lassert.That((uint)offset <= (uint)Length && (uint)length <= (uint)(Length - offset));
        int first = 0;
        while (first < FragmentCount && offset >= Fragments[first].Length)
            offset -= Fragments[first++].Length;
        skip = length == 0 ? 0 : offset;
        int count = 0;
        for (long left = length; left > 0; count++)
            left -= Fragments[first + count].Length - (count == 0 ? offset : 0);
        return Fragments.AsSpan(length == 0 ? 0 : first, count);
    }

    internal void Enqueue(PendingEvent pending)
    {
        if (_lastPending is null)
            _firstPending = pending;
        else
            _lastPending.Next = pending;
        _lastPending = pending;
    }

    internal PendingEvent? Dequeue()
    {
        PendingEvent? first = _firstPending;
        if (first is null)
            return null;
        _firstPending = first.Next;
        if (_firstPending is null)
            _lastPending = null;
        return first;
    }
}
