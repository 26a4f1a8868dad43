namespace Lustrous.Mgs.Tests;

static class Fixtures
{
    /// <summary>A file of <c>tests/fixtures</c>.</summary>
    public static byte[] Read(params string[] path)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
            folder = folder.Parent;
        return File.ReadAllBytes(Path.Combine([folder!.FullName, "tests", "fixtures", .. path]));
    }
}
