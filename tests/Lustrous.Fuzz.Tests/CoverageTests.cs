using System.Reflection;
using System.Text.RegularExpressions;
using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Fuzz.Tests;

/// <summary>No decoder without a target: whoever writes a new one is told here.</summary>
public sealed partial class CoverageTests
{
    /// <summary>Decoders that need no target of their own, and why.</summary>
    static readonly Dictionary<string, string> Exempt = new()
    {
        ["CheckOptions.Parse"] = "takes the words of a command, which the base library has read",
        ["DiskBoot.Read"] = "takes the name of a folder",
        ["DiskFile.Open"] = "takes the name of a file",
        ["DiskFormat.Read"] = "takes the name of a folder",
        ["DiskStore.Open"] = "takes the name of a folder; its files are RocksDB's to read",
        ["KsockWire.Read32"] = "a number at a place that its caller has checked",
        ["KsockWire.Read64"] = "a number at a place that its caller has checked",
        ["LocalStore.Open"] = "takes the name of a folder",
        ["SocklndFraming.Read"] = "a number at a place that its caller has checked",
        ["SocklndFraming.Read64"] = "a number at a place that its caller has checked",
        ["TargetDescription.Read"] = "takes the name of a folder; its JSON is the base library's to read",
        ["Tree.Read"] = "takes the name of a folder",
    };

    [Fact]
    public void Every_decoder_of_floors_1_to_3_has_a_target()
    {
        var covered = FuzzTarget.All.SelectMany(target => target.About.Covers).ToHashSet();
        string[] missing = [.. Decoders().Where(name => !covered.Contains(name) && !Exempt.ContainsKey(name))];
        Assert.True(missing.Length == 0, $"without a fuzz target: {string.Join(", ", missing)}");
    }

    [Fact]
    public void What_targets_and_exemptions_name_exists()
    {
        var methods = Methods().Select(Name).ToHashSet();
        IEnumerable<string> named = FuzzTarget.All.SelectMany(target => target.About.Covers).Concat(Exempt.Keys);
        string[] gone = [.. named.Where(name => !methods.Contains(name))];
        Assert.True(gone.Length == 0, $"no such method: {string.Join(", ", gone)}");
    }

    static IEnumerable<string> Decoders() =>
        Methods().Where(method => DecoderName().IsMatch(method.Name) && TakesInput(method)).Select(Name).Distinct();

    static IEnumerable<MethodInfo> Methods() =>
        from assembly in new[]
        {
            typeof(Nid).Assembly, typeof(LNetNode).Assembly, Assembly.Load("Lustrous.Obdclass"),
            typeof(LustreMessage).Assembly, Assembly.Load("Lustrous.Osd"), Assembly.Load("lustrous"),
        }
        from type in assembly.GetTypes()
        from method in type.GetMethods(
            BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.DeclaredOnly)
        where !method.IsPrivate
        select method;

    static bool TakesInput(MethodInfo method) =>
        method.IsStatic && method.GetParameters() is [{ ParameterType: var first }, ..]
        && (first == typeof(ReadOnlySpan<byte>) || first == typeof(Span<byte>) || first == typeof(ReadOnlyMemory<byte>)
            || first == typeof(ReadOnlySpan<char>) || first == typeof(string) || first == typeof(byte[])
            || first == typeof(Stream));

    static string Name(MethodInfo method) => $"{method.DeclaringType!.Name.Split('`')[0]}.{method.Name}";

    [GeneratedRegex("^(Try)?(Parse|Read|Decode|Unpack|Open)(?![a-z])")]
    private static partial Regex DecoderName();
}
