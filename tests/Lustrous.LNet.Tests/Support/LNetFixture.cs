namespace Lustrous.LNet.Tests.Support;

/// <summary>Small fixtures of bytes, a line of hexadecimal digits each.</summary>
static class LNetFixture
{
    public static byte[][] Lines(string name)
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !Directory.Exists(Path.Combine(at.FullName, "tests", "fixtures")))
            at = at.Parent;
        Assert.NotNull(at);
        string path = Path.Combine(at.FullName, "tests", "fixtures", "lnet", name);
        return [.. File.ReadLines(path).Select(Convert.FromHexString)];
    }
}
