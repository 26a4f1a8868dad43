using System.Diagnostics.CodeAnalysis;

namespace Lustrous.Obdclass.Parameters;

/// <summary>A parameter that a pattern named.</summary>
/// <param name="Name">In full, as <c>lctl</c> prints it: <c>obdfilter.lustre-OST0000.stats</c>.</param>
public readonly record struct NamedParameter(string Name, Parameter Parameter);

/// <summary>
/// All parameters of a node, in a tree as Lustre's /proc, /sys and debugfs trees are. Components are given apart when
/// added, since one may hold a dot itself (a NID); text joins them with dots.
/// </summary>
public sealed class ParameterTree
{
    readonly RankedLock _lock = new(79, "param_tree");
    readonly Node _root = new(); // guarded by _lock, with everything below it

    /// <summary>Adds a parameter; EEXIST when the name is taken.</summary>
    public Errno Add(ReadOnlySpan<string> path, Parameter parameter)
    {
        if (path.IsEmpty || path.ContainsAny("", ".", ".."))
            return Errno.EINVAL;
        using (_lock.Enter())
        {
            Node node = _root;
            foreach (string component in path)
            {
                if (node.Parameter is not null)
                    return Errno.ENOTDIR;
                node = node.ChildOrNew(component);
            }
            if (node.Parameter is not null || node.Children.Count > 0)
                return Errno.EEXIST;
            node.Parameter = parameter;
            return Errno.OK;
        }
    }

    /// <summary>Takes a parameter or a whole branch out; ENOENT when it is not there.</summary>
    public Errno Remove(ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
            return Errno.EINVAL;
        using (_lock.Enter())
        {
            Node node = _root;
            foreach (string component in path[..^1])
            {
                if (!node.Children.TryGetValue(component, out Node? child))
                    return Errno.ENOENT;
                node = child;
            }
            return node.Children.Remove(path[^1]) ? Errno.OK : Errno.ENOENT;
        }
    }

    /// <summary>
    /// What a pattern names, in order: components joined by dots or slashes, each with the wildcards <c>*</c>, <c>?</c>
    /// and <c>[…]</c>, which never match across components.
    /// </summary>
    public IReadOnlyList<NamedParameter> Match(string pattern)
    {
        string[] pieces = pattern.Replace('/', '.').Split('.');
        var found = new List<NamedParameter>();
        using (_lock.Enter())
            Collect(_root, "", pieces, found);
        return found;
    }

    /// <summary>The one parameter of this exact name.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out Parameter? parameter)
    {
        foreach (NamedParameter match in Match(name))
        {
            if (match.Name == name)
            {
                parameter = match.Parameter;
                return true;
            }
        }
        parameter = null;
        return false;
    }

    static void Collect(Node node, string prefix, ReadOnlySpan<string> pieces, List<NamedParameter> found)
    {
        if (pieces.IsEmpty)
        {
            if (node.Parameter is { } parameter)
                found.Add(new(prefix, parameter));
            return;
        }
        foreach ((string name, Node child) in node.Children)
        {
            // A component with dots in it spans as many pieces of the pattern, unless one wildcard covers it whole.
            int dots = name.AsSpan().Count('.');
            int spanned = dots + 1 <= pieces.Length && Glob.IsMatch(Join(pieces[..(dots + 1)]), name) ? dots + 1
                : Glob.IsMatch(pieces[0], name) ? 1
                : 0;
            if (spanned > 0)
                Collect(child, prefix.Length == 0 ? name : $"{prefix}.{name}", pieces[spanned..], found);
        }
    }

    static string Join(ReadOnlySpan<string> pieces) => pieces.Length == 1 ? pieces[0] : string.Join('.', pieces);

    sealed class Node
    {
        public SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public Parameter? Parameter { get; set; }

        public Node ChildOrNew(string name)
        {
            if (!Children.TryGetValue(name, out Node? child))
                Children.Add(name, child = new Node());
            return child;
        }
    }
}
