using System.Globalization;
using Lustrous.Mds.Mdd;

namespace Lustrous.Utils.Hosting;

/// <summary>Users and their groups as this machine's files have them, read again when they are older than a minute:
/// what <c>l_getidentity</c> tells an MDS, of the files alone, because handlers must not wait for a directory
/// service.</summary>
sealed class SystemIdentities(string passwdFile = "/etc/passwd", string groupFile = "/etc/group") : IIdentities
{
    const long KeepMilliseconds = 60_000;

    HashSet<(uint Uid, uint Gid)> _members = [];     // replaced as a whole
    long _readAt = long.MinValue;                    // Interlocked

    public bool IsInGroup(uint uid, uint gid)
    {
        long now = Environment.TickCount64, readAt = Interlocked.Read(ref _readAt);
        bool isOld = readAt == long.MinValue || now - readAt > KeepMilliseconds;
        // One reads, the others go on with what there is.
        if (isOld && Interlocked.CompareExchange(ref _readAt, now, readAt) == readAt)
            Volatile.Write(ref _members, Read());
        return Volatile.Read(ref _members).Contains((uid, gid));
    }

    HashSet<(uint, uint)> Read()
    {
        var uids = new Dictionary<string, uint>(StringComparer.Ordinal);
        var members = new HashSet<(uint, uint)>();
        foreach (string[] words in Lines(passwdFile, fields: 4))
        {
            if (!TryParse(words[2], out uint uid) || !TryParse(words[3], out uint gid))
                continue;
            uids.TryAdd(words[0], uid);
            members.Add((uid, gid));
        }
        foreach (string[] words in Lines(groupFile, fields: 4))
        {
            if (!TryParse(words[2], out uint gid))
                continue;
            foreach (string name in words[3].Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                if (uids.TryGetValue(name, out uint uid))
                    members.Add((uid, gid));
            }
        }
        return members;
    }

    static IEnumerable<string[]> Lines(string path, int fields)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            yield break;        // a machine without users of its own
        }
        foreach (string line in lines)
        {
            string[] words = line.Split(':');
            if (words.Length >= fields)
                yield return words;
        }
    }

    static bool TryParse(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);
}
