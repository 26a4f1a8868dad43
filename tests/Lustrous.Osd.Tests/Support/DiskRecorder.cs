using Lustrous.Libcfs;
using Lustrous.Osd.Disk.Files;

namespace Lustrous.Osd.Tests.Support;

/// <summary>
/// Keeps all that a target does to its files, in order, and makes directories as a loss of power may leave them: what
/// was synced is there; of what was not, any part may be, in any order.
/// </summary>
sealed class DiskRecorder(string root) : IDiskObserver
{
    enum Kind
    {
        Created,
        Reserved,
        Wrote,
        Punched,
        Unlinked,
        Synced,
    }

    sealed record Step(Kind Kind, string? Path, long Offset, long Length, byte[] Bytes);

    readonly Lock _lock = new();
    readonly List<Step> _steps = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _steps.Count;
        }
    }

    public void Created(string path) => Add(new Step(Kind.Created, path, 0, 0, []));

    public void Reserved(string path, long length) => Add(new Step(Kind.Reserved, path, 0, length, []));

    public void Wrote(string path, long offset, ReadOnlySpan<byte> bytes) =>
        Add(new Step(Kind.Wrote, path, offset, bytes.Length, bytes.ToArray()));

    public void Punched(string path, long offset, long length) =>
        Add(new Step(Kind.Punched, path, offset, length, []));

    public void Unlinked(string path) => Add(new Step(Kind.Unlinked, path, 0, 0, []));

    public void Synced(string? path) => Add(new Step(Kind.Synced, path, 0, 0, []));

    /// <summary>Writes the files of the target into <paramref name="into"/> as they may be after the power was lost
    /// behind the first <paramref name="count"/> steps.</summary>
    public void MakeImage(string into, int count, SeededRandom random)
    {
        Step[] steps;
        lock (_lock)
            steps = [.. _steps[..count]];
        foreach (IGrouping<string, Step> file in steps.Where(step => step.Kind != Kind.Synced)
            .GroupBy(step => step.Path!))
        {
            if (Content(file.Key, steps, random) is not { } content)
                continue;
            string path = Path.Combine(into, Path.GetRelativePath(root, file.Key));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    /// <summary>Null: it is not there.</summary>
    static byte[]? Content(string path, Step[] steps, SeededRandom random)
    {
        string directory = Path.GetDirectoryName(path)!;
        int synced = Array.FindLastIndex(steps, step => step.Kind == Kind.Synced
            && (step.Path is null || step.Path == path));
        int named = Array.FindLastIndex(steps, step => step.Kind == Kind.Synced
            && (step.Path is null || step.Path == directory));
        byte[]? content = null;
        for (int i = 0; i < steps.Length; i++)
        {
            Step step = steps[i];
            if (step.Path != path)
                continue;
            switch (step.Kind)
            {
                case Kind.Created:
                    // A name that was not synced may be lost, with all that was written.
                    content = i <= named || random.Next(3) > 0 ? [] : null;
                    break;
                case Kind.Reserved when content is not null:
                    // Before anything that is written into it.
                    Array.Resize(ref content, (int)step.Length);
                    break;
                case Kind.Unlinked:
                    if (i <= named || random.Next(2) == 0)
                        content = null;
                    break;
                case Kind.Wrote when content is not null && (i <= synced || random.Next(2) == 0):
                    // Of what was not synced, only a part may be written.
                    int length = i <= synced || random.Next(3) > 0 ? step.Bytes.Length : random.Next(step.Bytes.Length);
                    if (content.Length < step.Offset + length)
                        Array.Resize(ref content, (int)step.Offset + length);
                    step.Bytes.AsSpan(0, length).CopyTo(content.AsSpan((int)step.Offset));
                    break;
                case Kind.Punched when content is not null && (i <= synced || random.Next(2) == 0):
                    int start = (int)Math.Min(step.Offset, content.Length);
                    content.AsSpan(start, (int)Math.Min(step.Length, content.Length - start)).Clear();
                    break;
            }
        }
        return content;
    }

    void Add(Step step)
    {
        lock (_lock)
            _steps.Add(step);
    }
}
