using Lustrous.Fuse.Protocol;

namespace Lustrous.Fuse.Tests;

/// <summary>A file system mounted on a directory of its own; skips the test where that cannot be.</summary>
sealed class MountedFuse : IAsyncDisposable
{
    MountedFuse(FuseSession session, string path)
    {
        Session = session;
        Path = path;
    }

    public FuseSession Session { get; }

    public string Path { get; }

    public static async Task<MountedFuse> CreateAsync(
        FuseFileSystem fileSystem, FuseTransportKind transport, Func<FuseMountOptions, FuseMountOptions>? change = null)
    {
        Assert.SkipUnless(File.Exists("/dev/fuse"), "there is no /dev/fuse");
        string path = Directory.CreateTempSubdirectory("lustrous-fuse-").FullName;
        var options = new FuseMountOptions { MountPoint = path, Transport = transport };
        try
        {
            FuseSession session = await FuseSession.MountAsync(change?.Invoke(options) ?? options, fileSystem);
            if (session.Transport != transport)
            {
                await session.DisposeAsync();
                Assert.Skip("this kernel does not speak FUSE over io_uring");
            }
            return new MountedFuse(session, path);
        }
        catch (FuseException exception) when (exception.Error is Errno.EPERM or Errno.EACCES)
        {
            Directory.Delete(path);
            Assert.Skip(exception.Message);
            throw;
        }
    }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        Directory.Delete(Path);
    }
}
