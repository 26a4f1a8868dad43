namespace Lustrous.Ldlm;

/// <summary>
/// Locks by what they cover: finds those that overlap a range in time logarithmic in their number (the interval tree of
/// lustre/ldlm/ldlm_extent.c). A treap, whose shape the locks' numbers decide, so that equal runs have equal trees.
/// </summary>
/// <remarks>Not thread-safe: under its resource's lock.</remarks>
sealed class ExtentTree<T> where T : ExtentNode<T>
{
    T? _root;

    public int Count { get; private set; }

    /// <summary>Adds a lock that covers the bytes from <paramref name="start"/> to <paramref name="end"/>.</summary>
    public void Add(T item, ulong start, ulong end)
    {
        (item.Start, item.End, item.SubtreeEnd) = (start, end, end);
        (item.Left, item.Right) = (null, null);
        _root = Insert(_root, item);
        Count++;
    }

    public void Remove(T item)
    {
        _root = Delete(_root, item);
        (item.Left, item.Right) = (null, null);
        Count--;
    }

    /// <summary>The overlapping lock that starts first; null for none.</summary>
    public T? FirstOverlap(ulong start, ulong end)
    {
        T? node = _root;
        while (node is not null && node.SubtreeEnd >= start)
        {
            if (node.Left is { } left && left.SubtreeEnd >= start)
            {
                // Whatever overlaps on the left starts before this one; when nothing there does, then only because it
                // starts behind the range, and so does everything to its right.
                node = left;
                continue;
            }
            if (node.Start > end)
                return null;
            if (node.End >= start)
                return node;
            node = node.Right;
        }
        return null;
    }

    /// <summary>Shows every overlapping lock, by rising start, until the visitor has had enough.</summary>
    public bool Visit<TVisitor>(ulong start, ulong end, ref TVisitor visitor)
        where TVisitor : struct, IExtentVisitor<T>, allows ref struct => Visit(_root, start, end, ref visitor);

    /// <summary>Shows every lock, by falling start, until the visitor has had enough.</summary>
    public bool VisitDown<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IExtentVisitor<T>, allows ref struct => VisitDown(_root, ref visitor);

    static bool Visit<TVisitor>(T? node, ulong start, ulong end, ref TVisitor visitor)
        where TVisitor : struct, IExtentVisitor<T>, allows ref struct
    {
        if (node is null || node.SubtreeEnd < start)
            return true;
        return Visit(node.Left, start, end, ref visitor)
            && (node.Start > end
                || ((node.End < start || visitor.Visit(node)) && Visit(node.Right, start, end, ref visitor)));
    }

    static bool VisitDown<TVisitor>(T? node, ref TVisitor visitor)
        where TVisitor : struct, IExtentVisitor<T>, allows ref struct =>
        node is null
        || (VisitDown(node.Right, ref visitor) && visitor.Visit(node) && VisitDown(node.Left, ref visitor));

    static T Insert(T? node, T item)
    {
        if (node is null)
            return item;
        if (Priority(item) > Priority(node))
        {
            Split(node, item, out T? left, out T? right);
            (item.Left, item.Right) = (left, right);
            return Update(item);
        }
        if (Precedes(item, node))
            node.Left = Insert(node.Left, item);
        else
            node.Right = Insert(node.Right, item);
        return Update(node);
    }

    static T? Delete(T? node, T item)
    {
        Lassert.That(node is not null, "a lock is not where its extent says");
        if (ReferenceEquals(node, item))
            return Merge(node.Left, node.Right);
        if (Precedes(item, node))
            node.Left = Delete(node.Left, item);
        else
            node.Right = Delete(node.Right, item);
        return Update(node);
    }

    /// <summary>Parts a tree into what stands before and behind an item.</summary>
    static void Split(T? node, T item, out T? left, out T? right)
    {
        if (node is null)
        {
            left = right = null;
        }
        else if (Precedes(item, node))
        {
            Split(node.Left, item, out left, out T? middle);
            node.Left = middle;
            right = Update(node);
        }
        else
        {
            Split(node.Right, item, out T? middle, out right);
            node.Right = middle;
            left = Update(node);
        }
    }

    static T? Merge(T? left, T? right)
    {
        if (left is null)
            return right;
        if (right is null)
            return left;
        if (Priority(left) > Priority(right))
        {
            left.Right = Merge(left.Right, right);
            return Update(left);
        }
        right.Left = Merge(left, right.Left);
        return Update(right);
    }

    static T Update(T node)
    {
        ulong end = node.End;
        if (node.Left is { } left && left.SubtreeEnd > end)
            end = left.SubtreeEnd;
        if (node.Right is { } right && right.SubtreeEnd > end)
            end = right.SubtreeEnd;
        node.SubtreeEnd = end;
        return node;
    }

    static bool Precedes(T a, T b) => a.Start != b.Start ? a.Start < b.Start : a.Number < b.Number;

    static ulong Priority(T item) => (item.Number + 1) * 0x9E3779B97F4A7C15;
}

/// <summary>Looks at one lock after the other; false ends it.</summary>
interface IExtentVisitor<in T>
{
    bool Visit(T item);
}
