namespace Lustrous.Ldlm;

/// <summary>What a lock needs to stand in an <see cref="ExtentTree{T}"/>: its place there costs no
/// allocation.</summary>
public abstract class ExtentNode<T> where T : ExtentNode<T>
{
    private protected ExtentNode()
    {
    }

    internal T? Left { get; set; }

    internal T? Right { get; set; }

    /// <summary>First byte, while in a tree.</summary>
    internal ulong Start { get; set; }

    /// <summary>Last byte, while in a tree.</summary>
    internal ulong End { get; set; }

    /// <summary>Highest <see cref="End"/> at and below this node.</summary>
    internal ulong SubtreeEnd { get; set; }

    /// <summary>Order of creation: breaks ties, and shuffled decides the tree's shape.</summary>
    internal ulong Number { get; init; }
}
