using System.Runtime.InteropServices;
using System.Text;

namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>A directory that is read entry by entry.</summary>
sealed unsafe class DirectoryStream : IDisposable
{
    /// <summary>Of <c>struct dirent</c>.</summary>
    const int NameOffset = 19;

    readonly nint _stream;

    public DirectoryStream(string path)
    {
        _stream = Sys.opendir([.. Encoding.Latin1.GetBytes(path), 0]);
        Assert.NotEqual(0, _stream);
    }

    public long Position
    {
        get => Sys.telldir(_stream);
        set => Sys.seekdir(_stream, value);
    }

    /// <summary>Null at the end. Neither "." nor "..".</summary>
    public string? Next()
    {
        while (true)
        {
            byte* entry = Sys.readdir(_stream);
            if (entry == null)
                return null;
            string name = Encoding.Latin1.GetString(
                MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset));
            if (name is not ("." or ".."))
                return name;
        }
    }

    public void Rewind() => Sys.rewinddir(_stream);

    public static List<string> Names(string path)
    {
        using var stream = new DirectoryStream(path);
        var names = new List<string>();
        while (stream.Next() is { } name)
            names.Add(name);
        return names;
    }

    public void Dispose() => Assert.Equal(0, Sys.closedir(_stream));
}
