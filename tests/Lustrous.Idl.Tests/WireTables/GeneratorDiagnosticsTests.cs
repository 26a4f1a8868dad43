using System.Collections.Immutable;
using Lustrous.Generators;
using Lustrous.Idl.Wire;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lustrous.Idl.Tests.WireTables;

/// <summary>What the generator refuses, and that what it writes compiles.</summary>
public sealed class GeneratorDiagnosticsTests
{
    static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is { } name
                && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
        MetadataReference.CreateFromFile(typeof(WireStructAttribute).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(Libcfs.Lassert).Assembly.Location),
    ];

    [Theory]
    [InlineData("LUW001", "[WireStruct(\"s\", 16)] public partial struct S { public ulong A; }")]
    [InlineData("LUW001", "[WireStruct(\"s\", 4)] public partial struct S { public ulong A; }")]
    [InlineData("LUW002", "[WireStruct(\"s\", 16)] public partial struct S { public uint A; public ulong B; }")]
    [InlineData("LUW002", "[WireStruct(\"s\", 16)] public partial struct S { public ulong A; public uint B; }")]
    [InlineData("LUW002", "[WireStruct(\"s\", 4)] public partial struct S { public byte A; public ushort B; }")]
    [InlineData("LUW003", "[WireStruct(\"s\", 8)] public partial struct S { public string A; }")]
    [InlineData("LUW003", "[WireStruct(\"s\", 8)] public partial struct S { public double A; }")]
    [InlineData("LUW003", "[WireStruct(\"s\", 1)] public partial struct S { public bool A; }")]
    [InlineData("LUW003", "[WireStruct(\"s\", 8)] public unsafe partial struct S { public fixed byte A[8]; }")]
    [InlineData("LUW003", "[WireStruct(\"s\", 16)] public partial struct S { public System.Guid A; }")]
    [InlineData("LUW004", "[WireStruct(\"s\", 4)] public partial struct S { public uint A { get; set; } }")]
    [InlineData("LUW004", "[WireStruct(\"s\", 4)] public partial record struct S(uint A);")]
    [InlineData("LUW005", "[WireStruct(\"s\", 4)] public struct S { public uint A; }")]
    [InlineData("LUW005", "public class C { [WireStruct(\"s\", 4)] public partial struct S { public uint A; } }")]
    [InlineData("LUW006",
        "[WireStruct(\"s\", 8)] public partial struct S { public uint A; } public partial struct S { public uint B; }")]
    [InlineData("LUW007", "[WireStruct(\"s\", 4), StructLayout(LayoutKind.Explicit)] public partial struct S "
        + "{ [FieldOffset(0)] public uint A; }")]
    [InlineData("LUW008", "[WireStruct(\"s\", 4)] public partial struct S<T> { public uint A; }")]
    public void It_refuses(string rule, string declaration)
    {
        (Compilation _, IReadOnlyList<Diagnostic> found) = Run(declaration);
        Diagnostic diagnostic = Assert.Single(found);
        Assert.Equal((rule, DiagnosticSeverity.Error), (diagnostic.Id, diagnostic.Severity));
        Assert.True(diagnostic.Location.GetLineSpan().IsValid);
    }

    [Theory]
    [InlineData("[WireStruct(\"s\", 12)] public partial struct S { public ulong A; public uint B; }")]
    [InlineData("[WireStruct(\"s\", 8)] public readonly partial record struct S { public readonly ulong A; }")]
    [InlineData("public enum E : ushort { A } [WireStruct(\"s\", 2)] public partial record struct S { public E A; }")]
    [InlineData("[WireStruct(\"s\", 32)] public partial record struct S { public Array4<ulong> A; }")]
    [InlineData("[WireStruct(\"s\", 64)] public partial record struct S { public Text64 A; }")]
    [InlineData("[WireStruct(\"i\", 4)] public partial struct I { public uint A; } "
        + "[WireStruct(\"s\", 12)] public partial struct S { public I A; public Array2<I> B; }")]
    [InlineData("public partial class C { [WireStruct(\"s\", 4)] public partial struct S { public uint A; } }")]
    [InlineData("[WireStruct(\"s\", 4)] public partial record struct S { public uint A; "
        + "public override string ToString() => \"own\"; public static S Swab(in S value) => value; }")]
    public void What_it_writes_compiles(string declaration)
    {
        (Compilation compilation, IReadOnlyList<Diagnostic> found) = Run(declaration);
        Assert.Empty(found);
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error));
    }

    [Fact]
    public void A_size_message_tells_both_numbers()
    {
        (Compilation _, IReadOnlyList<Diagnostic> found) =
            Run("[WireStruct(\"s\", 9)] public partial struct S { public ulong A; }");
        Assert.Contains("8 bytes, declared are 9", found[0].GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void An_edit_elsewhere_writes_nothing_anew()
    {
        Compilation first = Compile("[WireStruct(\"s\", 4)] public partial struct S { public uint A; }");
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new WireStructGenerator().AsSourceGenerator()],
            driverOptions: new GeneratorDriverOptions(default, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(first, TestContext.Current.CancellationToken);
        Compilation second = first.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Elsewhere;"));
        driver = driver.RunGenerators(second, TestContext.Current.CancellationToken);
        GeneratorDriverRunResult result = driver.GetRunResult();
        Assert.All(
            result.Results[0].TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs),
            output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    static (Compilation Compilation, IReadOnlyList<Diagnostic> Found) Run(string declaration)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create(new WireStructGenerator());
        driver.RunGeneratorsAndUpdateCompilation(
            Compile(declaration), out Compilation output, out ImmutableArray<Diagnostic> found);
        return (output, found);
    }

    static CSharpCompilation Compile(string declaration) => CSharpCompilation.Create(
        "wire",
        [CSharpSyntaxTree.ParseText(
            "using System.Runtime.InteropServices; using Lustrous.Idl.Wire;\n" + declaration)],
        References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
}
