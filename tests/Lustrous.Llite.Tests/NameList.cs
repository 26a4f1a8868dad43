using System.Text;

namespace Lustrous.Llite.Tests;

/// <summary>Takes entries like a kernel with a small buffer.</summary>
sealed class NameList(int piece) : IDirectoryFiller
{
    int _left;

    public List<string> Names { get; } = [];

    public List<LliteEntry> Entries { get; } = [];

    public ulong Cookie { get; private set; }

    public void Begin() => _left = piece;

    public bool Add(in LliteDirectoryEntry entry)
    {
        if (_left-- == 0)
            return false;
        Names.Add(Encoding.UTF8.GetString(entry.Name));
        Entries.Add(entry.Entry);
        Cookie = entry.NextCookie;
        return true;
    }
}
