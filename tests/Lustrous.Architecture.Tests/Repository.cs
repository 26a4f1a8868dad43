using System.Runtime.CompilerServices;

namespace Lustrous.Architecture.Tests;

/// <summary>The checkout these tests were built from.</summary>
static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(ThisFolder(), "..", ".."));

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

    /// <summary>The C# files of a folder of the checkout, without what a build made.</summary>
    public static IEnumerable<string> Sources(params string[] folders) =>
        from folder in folders
        where Directory.Exists(Path.Combine(Root, folder))
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(Root, file)
        where !name.Split('/').Any(part => part is "bin" or "obj")
        orderby name
        select name;

    static string ThisFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
