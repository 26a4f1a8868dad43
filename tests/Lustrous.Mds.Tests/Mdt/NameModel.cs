using Lustrous.Idl.Fids;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>A name space as POSIX has it, told in the simplest way: what the server must do, and which error it must
/// give.</summary>
sealed class NameModel
{
    public NameModel(Fid root) => Root = new Entry(root) { Parent = null };

    public Entry Root { get; }

    /// <summary>Every directory there is, the root first.</summary>
    public List<Entry> Directories => [.. Walk(Root)];

    public Errno Make(Entry parent, string name, Entry made)
    {
        if (!parent.IsAlive)
            return Errno.ENOENT;
        if (!parent.Names!.TryAdd(name, made))
            return Errno.EEXIST;
        made.Links = made.IsDirectory ? 2 : 1;
        made.Parent = parent;
        if (made.IsDirectory)
            parent.Links++;
        return Errno.OK;
    }

    public Errno Link(Entry source, Entry parent, string name)
    {
        if (source.IsDirectory)
            return Errno.EPERM;
        if (!parent.Names!.TryAdd(name, source))
            return Errno.EEXIST;
        source.Links++;
        return Errno.OK;
    }

    public Errno Remove(Entry parent, string name, bool isRmdir)
    {
        if (!parent.Names!.TryGetValue(name, out Entry? entry))
            return Errno.ENOENT;
        if (entry.IsDirectory != isRmdir)
            return isRmdir ? Errno.ENOTDIR : Errno.EISDIR;
        if (entry.Names is { Count: > 0 })
            return Errno.ENOTEMPTY;
        parent.Names.Remove(name);
        Drop(parent, entry);
        return Errno.OK;
    }

    public Errno Rename(Entry oldParent, string oldName, Entry newParent, string newName)
    {
        if (!oldParent.Names!.TryGetValue(oldName, out Entry? source))
            return Errno.ENOENT;
        Entry? victim = newParent.Names!.GetValueOrDefault(newName);
        if (source.IsDirectory && newParent.IsIn(source))
            return Errno.EINVAL;
        if (victim == source)
            return Errno.OK;
        if (victim is not null)
        {
            if (victim.IsDirectory && oldParent.IsIn(victim))
                return Errno.ENOTEMPTY;
            if (source.IsDirectory && !victim.IsDirectory)
                return Errno.ENOTDIR;
            if (!source.IsDirectory && victim.IsDirectory)
                return Errno.EISDIR;
            if (victim.Names is { Count: > 0 })
                return Errno.ENOTEMPTY;
            Drop(newParent, victim);
        }
        oldParent.Names!.Remove(oldName);
        newParent.Names![newName] = source;
        if (source.IsDirectory)
        {
            oldParent.Links--;
            newParent.Links++;
            source.Parent = newParent;
        }
        return Errno.OK;
    }

    static void Drop(Entry parent, Entry entry)
    {
        if (entry.IsDirectory)
        {
            entry.Links = 0;
            entry.IsAlive = false;
            parent.Links--;
        }
        else
        {
            entry.Links--;
        }
    }

    static IEnumerable<Entry> Walk(Entry directory)
    {
        yield return directory;
        foreach (Entry child in directory.Names!.Values.Where(e => e.IsDirectory))
        {
            foreach (Entry below in Walk(child))
                yield return below;
        }
    }

    /// <summary>A file or a directory.</summary>
    public sealed class Entry
    {
        public Entry(Fid fid, bool isDirectory = true)
        {
            Fid = fid;
            IsDirectory = isDirectory;
            Names = isDirectory ? new SortedDictionary<string, Entry>(StringComparer.Ordinal) : null;
            Links = isDirectory ? 2 : 1;
        }

        public Fid Fid { get; }

        public bool IsDirectory { get; }

        public SortedDictionary<string, Entry>? Names { get; }

        public int Links { get; set; }

        public bool IsAlive { get; set; } = true;

        public required Entry? Parent { get; set; }

        /// <summary>Whether it is below a directory, or is it.</summary>
        public bool IsIn(Entry directory)
        {
            for (Entry? e = this; e is not null; e = e.Parent)
            {
                if (e == directory)
                    return true;
            }
            return false;
        }
    }
}
