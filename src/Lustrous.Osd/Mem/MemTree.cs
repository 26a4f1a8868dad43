using System.Diagnostics.CodeAnalysis;

namespace Lustrous.Osd.Mem;

/// <summary>
/// Entries in order (a B+ tree): finding, adding and removing cost a few comparisons, however many there are. A leaf
/// goes
/// when it is empty. Not thread-safe.
/// </summary>
sealed class MemTree<TEntry> where TEntry : class
{
    const int Order = 64;

    Node _root = new(isLeaf: true, capacity: 4);

    public long Count { get; private set; }

    public bool TryFind<TProbe>(TProbe probe, [NotNullWhen(true)] out TEntry? entry)
        where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        Node node = _root;
        while (!node.IsLeaf)
            node = node.Children[node.ChildFor(probe)];
        int at = node.LowerBound(probe, out bool found);
        entry = found ? node.Entries[at] : null;
        return found;
    }

    /// <summary>Adds it; false when there is one like it, which stays.</summary>
    public bool TryAdd<TProbe>(TProbe probe, TEntry entry) where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        if (!Add(_root, probe, entry, out Node? split))
            return false;
        Count++;
        if (split is null)
            return true;
        var root = new Node(isLeaf: false, Order);
        root.Children[0] = _root;
        root.Children[1] = split;
        root.Keys[1] = split.Keys[0];
        root.Entries[1] = split.Entries[0];
        root.Count = 2;
        _root = root;
        return true;
    }

    /// <summary>Puts it in the place of the one like it.</summary>
    public bool TryReplace<TProbe>(TProbe probe, TEntry entry, [NotNullWhen(true)] out TEntry? old)
        where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        Node node = _root;
        while (!node.IsLeaf)
            node = node.Children[node.ChildFor(probe)];
        int at = node.LowerBound(probe, out bool found);
        old = found ? node.Entries[at] : null;
        if (found)
            node.Entries[at] = entry;
        return found;
    }

    public bool TryRemove<TProbe>(TProbe probe, [NotNullWhen(true)] out TEntry? entry)
        where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        if (!Remove(_root, probe, out entry))
            return false;
        Count--;
        while (!_root.IsLeaf && _root.Count == 1)
            _root = _root.Children[0];
        if (Count == 0)
            _root = new Node(isLeaf: true, capacity: 4);
        return true;
    }

    /// <summary>Copies entries out in order, from the first that is not before the probe (or, with
    /// <paramref name="after"/>, that is behind it) on; returns how many.</summary>
    public int CopyFrom<TProbe>(TProbe probe, bool after, Span<TEntry> into)
        where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        int copied = 0;
        Copy(_root, probe, bounded: true, after, into, ref copied);
        return copied;
    }

    static void Copy<TProbe>(Node node, TProbe probe, bool bounded, bool after, Span<TEntry> into, ref int copied)
        where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        if (node.IsLeaf)
        {
            int at = 0;
            if (bounded)
            {
                at = node.LowerBound(probe, out bool found);
                at += found && after ? 1 : 0;
            }
            for (; at < node.Count && copied < into.Length; at++)
                into[copied++] = node.Entries[at];
            return;
        }
        int child = bounded ? node.ChildFor(probe) : 0;
        for (bool isFirst = bounded; child < node.Count && copied < into.Length; child++, isFirst = false)
            Copy(node.Children[child], probe, isFirst, after, into, ref copied);
    }

    static bool Add<TProbe>(Node node, TProbe probe, TEntry entry, out Node? split)
        where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        split = null;
        if (node.IsLeaf)
        {
            int at = node.LowerBound(probe, out bool found);
            if (found)
                return false;
            split = node.InsertAt(at, probe.Key, entry, null);
            return true;
        }
        int child = node.ChildFor(probe);
        if (!Add(node.Children[child], probe, entry, out Node? childSplit))
            return false;
        if (childSplit is not null)
            split = node.InsertAt(child + 1, childSplit.Keys[0], childSplit.Entries[0], childSplit);
        return true;
    }

    static bool Remove<TProbe>(Node node, TProbe probe, [NotNullWhen(true)] out TEntry? entry)
        where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        if (node.IsLeaf)
        {
            int at = node.LowerBound(probe, out bool found);
            entry = found ? node.Entries[at] : null;
            if (found)
                node.RemoveAt(at);
            return found;
        }
        int child = node.ChildFor(probe);
        if (!Remove(node.Children[child], probe, out entry))
            return false;
        if (node.Children[child].Count == 0)
            node.RemoveAt(child);
        return true;
    }

    /// <summary>A leaf's entries with their keys; or children, each with the lowest entry it may hold. The bound of an
    /// inner node's first child is never looked at.</summary>
    sealed class Node(bool isLeaf, int capacity)
    {
        public ulong[] Keys = new ulong[capacity];
        public TEntry[] Entries = new TEntry[capacity];
        public readonly Node[] Children = isLeaf ? [] : new Node[capacity];
        public int Count;

        public bool IsLeaf { get; } = isLeaf;

        /// <summary>The first entry that is not before the probe.</summary>
        public int LowerBound<TProbe>(TProbe probe, out bool found)
            where TProbe : IMemProbe<TEntry>, allows ref struct
        {
            int low = 0;
            int high = Count;
            found = false;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                int order = Compare(probe, middle);
                if (order == 0)
                {
                    found = true;
                    return middle;
                }
                if (order > 0)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low;
        }

        /// <summary>The last child whose bound is not behind the probe.</summary>
        public int ChildFor<TProbe>(TProbe probe) where TProbe : IMemProbe<TEntry>, allows ref struct
        {
            int low = 1;
            int high = Count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (Compare(probe, middle) >= 0)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low - 1;
        }

        /// <summary>Returns the upper half when it had to be split.</summary>
        public Node? InsertAt(int at, ulong key, TEntry entry, Node? child)
        {
            Node? split = null;
            Node node = this;
            if (Count == Order)
            {
                // Names that come in order fill one leaf after the other.
                split = Split(at == Count ? Count - 1 : Count / 2);
                if (at > Count)
                {
                    node = split;
                    at -= Count;
                }
            }
            node.MakeRoom(at);
            node.Keys[at] = key;
            node.Entries[at] = entry;
            if (child is not null)
                node.Children[at] = child;
            node.Count++;
            return split;
        }

        public void RemoveAt(int at)
        {
            Count--;
            Array.Copy(Keys, at + 1, Keys, at, Count - at);
            Array.Copy(Entries, at + 1, Entries, at, Count - at);
            Entries[Count] = null!;
            if (IsLeaf)
                return;
            Array.Copy(Children, at + 1, Children, at, Count - at);
            Children[Count] = null!;
        }

        Node Split(int keep)
        {
            var upper = new Node(IsLeaf, Order) { Count = Count - keep };
            Array.Copy(Keys, keep, upper.Keys, 0, upper.Count);
            Array.Copy(Entries, keep, upper.Entries, 0, upper.Count);
            Array.Clear(Entries, keep, upper.Count);
            if (!IsLeaf)
            {
                Array.Copy(Children, keep, upper.Children, 0, upper.Count);
                Array.Clear(Children, keep, upper.Count);
            }
            Count = keep;
            return upper;
        }

        void MakeRoom(int at)
        {
            if (Count == Keys.Length)
            {
                Array.Resize(ref Keys, Count * 2);
                Array.Resize(ref Entries, Count * 2);
            }
            Array.Copy(Keys, at, Keys, at + 1, Count - at);
            Array.Copy(Entries, at, Entries, at + 1, Count - at);
            if (!IsLeaf)
                Array.Copy(Children, at, Children, at + 1, Count - at);
        }

        int Compare<TProbe>(TProbe probe, int at) where TProbe : IMemProbe<TEntry>, allows ref struct
        {
            ulong key = probe.Key;
            return key != Keys[at] ? key.CompareTo(Keys[at]) : probe.CompareTo(Entries[at]);
        }
    }
}
