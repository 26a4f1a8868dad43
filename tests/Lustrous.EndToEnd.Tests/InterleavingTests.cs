using System.Globalization;
using Lustrous.EndToEnd.Tests.Posix;

namespace Lustrous.EndToEnd.Tests;

/// <summary>
/// Two mounts that keep all they can, and change the same few names in random turn: what one has done the other shows
/// with its next call. A failure names its seed, and <c>LUSTROUS_FIRST_SEED</c> repeats it;
/// <c>LUSTROUS_INTERLEAVINGS</c> is how many.
/// </summary>
[Collection("end to end")]
public sealed class InterleavingTests
{
    static readonly int s_steps = Setting("LUSTROUS_INTERLEAVINGS", 60);

    static readonly string[] s_names = ["a", "b", "c", "d", "e", "f", "g"];

    readonly Dictionary<string, Entry> _model = [];
    readonly int _seed = Setting("LUSTROUS_FIRST_SEED", Environment.TickCount & 0xFFFFFF);

    [Fact]
    public async Task Another_mounts_change_is_seen_at_once()
    {
        await using Cluster cluster = await Cluster.StartAsync();
        string[] mounts = [await cluster.MountAsync("one"), await cluster.MountAsync("two")];
        var random = new Random(_seed);
        for (int step = 0; step < s_steps; step++)
        {
            int actor = random.Next(2);
            string done = Change(mounts[actor], random);
            // Whoever looks may have looked at the same before, and has it all in its kernel.
            string? wrong = Compare(mounts[1 - actor]) ?? (step % 7 == 0 ? Compare(mounts[actor]) : null);
            Assert.True(
                wrong is null, $"LUSTROUS_FIRST_SEED={_seed}, step {step}: mount {actor}: {done}; then: {wrong}");
        }
    }

    static int Setting(string name, int otherwise) => int.TryParse(
        Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    /// <summary>One change, in the model too.</summary>
    string Change(string mount, Random random)
    {
        string name = s_names[random.Next(s_names.Length)], path = $"{mount}/{name}";
        if (!_model.TryGetValue(name, out Entry? entry))
            return Make(path, name, random);
        switch (random.Next(entry.IsDirectory ? 4 : 9))
        {
            case 0:
                Assert.Equal(0, entry.IsDirectory ? Sys.Rmdir(path) : Sys.Unlink(path));
                _model.Remove(name);
                return $"remove {name}";
            case 1:
                entry.Mode = (uint)random.Next(0x200);
                Assert.Equal(0, Sys.Chmod(path, entry.Mode));
                return $"chmod {name}";
            case 2:
                return Rename(mount, name, entry, random);
            case 3:
                entry.Mtime = random.Next();
                Assert.Equal(0, Sys.SetTimes(path, 0, Sys.UTIME_OMIT, entry.Mtime.Value, 0));
                return $"utimensat {name}";
            case 4:
                entry.Attribute = [(byte)random.Next(256)];
                Assert.Equal(0, Sys.SetXattr(path, "user.x", entry.Attribute));
                return $"setxattr {name}";
            default:
                return Write(path, entry, random);
        }
    }

    string Make(string path, string name, Random random)
    {
        if (random.Next(4) == 0)
        {
            Assert.Equal(0, Sys.Mkdir(path));
            _model[name] = new Entry { IsDirectory = true, Mode = 0x1ED };
            return $"mkdir {name}";
        }
        byte[] bytes = new byte[random.Next(9000)];
        random.NextBytes(bytes);
        Sys.Put(path, bytes);
        _model[name] = new Entry { Bytes = bytes, Mode = 0x1A4 };
        return $"create {name}, {bytes.Length} bytes";
    }

    string Rename(string mount, string name, Entry entry, Random random)
    {
        string other = s_names[random.Next(s_names.Length)];
        if (_model.TryGetValue(other, out Entry? there) && there.IsDirectory != entry.IsDirectory)
            return "nothing";
        Assert.Equal(0, Sys.Rename($"{mount}/{name}", $"{mount}/{other}"));
        _model.Remove(name);
        _model[other] = entry;
        return $"rename {name} {other}";
    }

    static string Write(string path, Entry entry, Random random)
    {
        int fd = Sys.MustOpen(path, Sys.O_RDWR);
        entry.Mtime = null;
        int length = random.Next(12000);
        string done;
        if (random.Next(3) == 0)
        {
            Assert.Equal(0, Sys.Truncate(fd, length));
            byte[] cut = new byte[length];
            entry.Bytes.AsSpan(0, Math.Min(length, entry.Bytes.Length)).CopyTo(cut);
            entry.Bytes = cut;
            done = $"truncate {path} {length}";
        }
        else
        {
            byte[] bytes = new byte[length % 5000 + 1];
            random.NextBytes(bytes);
            int at = random.Next(entry.Bytes.Length + 100);
            Assert.Equal(bytes.Length, Sys.Write(fd, bytes, at));
            byte[] all = new byte[Math.Max(entry.Bytes.Length, at + bytes.Length)];
            entry.Bytes.CopyTo(all, 0);
            bytes.CopyTo(all, at);
            entry.Bytes = all;
            done = $"write {path} at {at}, {bytes.Length} bytes";
        }
        Sys.Close(fd);
        return done;
    }

    /// <summary>What a mount shows otherwise than it should; null for nothing.</summary>
    string? Compare(string mount)
    {
        string listed = string.Join(' ', DirectoryStream.Names(mount).Order(StringComparer.Ordinal));
        string expected = string.Join(' ', _model.Keys.Order(StringComparer.Ordinal));
        if (listed != expected)
            return $"lists '{listed}' instead of '{expected}'";
        foreach (string name in s_names)
        {
            string path = $"{mount}/{name}";
            int found = Sys.TryStatus(path, out FileStatus status);
            if (!_model.TryGetValue(name, out Entry? entry))
            {
                if (found != -Sys.ENOENT)
                    return $"{name} is there ({found})";
                continue;
            }
            if (found != 0)
                return $"{name}: errno {-found}";
            if (status.Permissions != entry.Mode)
                return $"{name}: mode {status.Permissions:X}, not {entry.Mode:X}";
            if (entry.Mtime is { } mtime && status.Mtime / 1_000_000_000 != mtime)
                return $"{name}: mtime {status.Mtime}, not {mtime}";
            if (entry.IsDirectory)
                continue;
            if (status.Size != entry.Bytes.Length)
                return $"{name}: size {status.Size}, not {entry.Bytes.Length}";
            if (!Sys.Get(path).AsSpan().SequenceEqual(entry.Bytes))
                return $"{name}: other bytes";
            byte[] value = new byte[1];
            int length = Sys.GetXattr(path, "user.x", value);
            if (entry.Attribute is null ? length != -Sys.ENODATA : length != 1 || value[0] != entry.Attribute[0])
                return $"{name}: attribute {length}";
        }
        return null;
    }

    sealed class Entry
    {
        public bool IsDirectory { get; init; }

        public byte[] Bytes { get; set; } = [];

        public uint Mode { get; set; }

        /// <summary>Null when it is the clock's.</summary>
        public long? Mtime { get; set; }

        public byte[]? Attribute { get; set; }
    }
}
