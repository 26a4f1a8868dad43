using System.Reflection;

namespace Lustrous.Fuzz.Tests;

/// <summary>One decoder to be shown bytes; returning is all it must do.</summary>
public delegate void FuzzBody(ReadOnlySpan<byte> input);

/// <summary>Marks a target and names the decoders it reaches, as <c>Type.Method</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FuzzTargetAttribute(params string[] covers) : Attribute
{
    public IReadOnlyList<string> Covers { get; } = covers;

    /// <summary>Which seeds it starts from.</summary>
    public SeedKind Seeds { get; init; } = SeedKind.Any;

    /// <summary>Bytes it may allocate for each byte of input, beyond a fixed allowance.</summary>
    public int AllocationPerByte { get; init; } = 16;

    /// <summary>The fixed allowance: objects and buffers that every input costs.</summary>
    public int FixedAllocation { get; init; } = 256 << 10;
}

/// <summary>What a seed is a good beginning for.</summary>
[Flags]
public enum SeedKind
{
    /// <summary>Messages as they stand in a TCP stream, from the socklnd prefix on.</summary>
    Frame = 1,
    /// <summary>Payloads of LNet messages: lustre_msg, ping info.</summary>
    Payload = 2,
    /// <summary>Acceptor requests and HELLOs.</summary>
    Handshake = 4,
    /// <summary>Names of FIDs, NIDs, parameters.</summary>
    Text = 8,
    /// <summary>Whole capture files.</summary>
    Capture = 16,
    /// <summary>Configuration llogs as on disk, and their records.</summary>
    Llog = 32,
    /// <summary>Extended attributes that hold layouts.</summary>
    Layout = 64,
    /// <summary>What comes by bulk: directory pages, updates of other targets, tables of NIDs.</summary>
    Pages = 128,
    Any = Frame | Payload | Handshake,
}

/// <summary>A target by name.</summary>
public sealed record FuzzTarget(string Name, FuzzTargetAttribute About, FuzzBody Body)
{
    /// <summary>Every marked method of this assembly, in the order of their names.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        .. from type in typeof(FuzzTarget).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
           let about = method.GetCustomAttribute<FuzzTargetAttribute>()
           where about is not null
           orderby method.Name
           select new FuzzTarget(method.Name, about, method.CreateDelegate<FuzzBody>()),
    ];

    public override string ToString() => Name;
}
