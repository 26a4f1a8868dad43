using static Lustrous.EndToEnd.Tests.Posix.Sys;

namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>Names: of any bytes, renamed in every way, linked, listed while they change.</summary>
[Collection("posix")]
public sealed class NameChecks(PosixPlaces places)
{
    public static TheoryData<Place> Places => PosixPlaces.All;

    [Theory, MemberData(nameof(Places))]
    public async Task Names_may_have_any_bytes_and_255_of_them(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        string[] names =
        [
            .. Enumerable.Range(1, 255).Where(b => b is not ('/' or '.')).Select(b => $"{(char)b}"),
            new('n', 255), new('\xFF', 255), "...", "a\nb", "\x01\x02", "-rf", "\xC3\xA9", "e\xCC\x81",
        ];
        foreach (string name in names)
            Put($"{here}/{name}", [(byte)name[0]]);

        foreach (string name in names)
            Assert.Equal([(byte)name[0]], Get($"{there}/{name}"));
        Assert.Equal(names.Order(StringComparer.Ordinal), DirectoryStream.Names(there).Order(StringComparer.Ordinal));
        Assert.Equal(-ENAMETOOLONG, Open($"{there}/{new string('n', 256)}", O_RDONLY));
        Assert.Equal(-ENAMETOOLONG, Mkdir($"{here}/{new string('n', 256)}"));
        Assert.Equal(-ENAMETOOLONG, Rename($"{here}/-rf", $"{here}/{new string('n', 256)}"));
        string deep = there + string.Concat(Enumerable.Repeat("/" + new string('d', 200), 21));
        Assert.Equal(-ENAMETOOLONG, Open(deep, O_RDONLY));
        foreach (string name in names)
            Assert.Equal(0, Unlink($"{there}/{name}"));
        Assert.Empty(DirectoryStream.Names(here));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Paths_go_deep(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        string path = "";
        for (int i = 0; i < 100; i++)
        {
            path += $"/{i}";
            Assert.Equal(0, Mkdir(here + path));
        }
        Put($"{here}{path}/f", "deep"u8);
        Assert.Equal("deep"u8, Get($"{there}{path}/f"));
        Assert.Equal(0, Unlink($"{there}{path}/f"));
        for (; path.Length > 0; path = path[..path.LastIndexOf('/')])
            Assert.Equal(0, Rmdir(there + path));
        Assert.Empty(DirectoryStream.Names(here));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_rename_replaces_what_it_may(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/f", "f"u8);
        Put($"{here}/g", "g"u8);
        foreach (string name in (string[])["d", "empty", "full", "full/x"])
            Assert.Equal(0, Mkdir($"{here}/{name}"));
        ulong file = Status($"{here}/f").Ino, directory = Status($"{there}/d").Ino;
        uint parentLinks = Status(there).Nlink;

        Assert.Equal(-ENOENT, Rename($"{there}/none", $"{there}/f"));
        Assert.Equal(-ENOTDIR, Rename($"{there}/d", $"{there}/f"));
        Assert.Equal(-EISDIR, Rename($"{there}/f", $"{there}/d"));
        Assert.Equal(-EINVAL, Rename($"{there}/full", $"{there}/full/x/y"));
        Assert.Contains(Rename($"{there}/d", $"{there}/full"), (int[])[-ENOTEMPTY, -EEXIST]);
        Assert.Contains(Rename($"{there}/full/x", $"{there}/full"), (int[])[-ENOTEMPTY, -EEXIST]);
        Assert.Equal(-ENOTDIR, Rename($"{there}/f", $"{there}/g/h"));
        Assert.Equal(-ENOENT, Rename($"{there}/f", $"{there}/none/h"));
        Assert.Equal("f"u8, Get($"{here}/f"));

        Assert.Equal(0, Rename($"{there}/f", $"{there}/g"));
        Assert.Equal(("f", file), (System.Text.Encoding.ASCII.GetString(Get($"{here}/g")), Status($"{here}/g").Ino));
        Assert.Equal(-ENOENT, TryStatus($"{here}/f", out _));
        Assert.Equal(0, Rename($"{here}/d", $"{here}/empty"));
        Assert.Equal(directory, Status($"{there}/empty").Ino);
        Assert.Equal(parentLinks - 1, Status(there).Nlink);

        // Into another directory: ".." and the counts of both parents go with it.
        Assert.Equal(0, Rename($"{there}/empty", $"{there}/full/moved"));
        Assert.Equal(parentLinks - 2, Status(here).Nlink);
        Assert.Equal(4u, Status($"{here}/full").Nlink);
        Assert.Equal(Status($"{there}/full").Ino, Status($"{here}/full/moved/..").Ino);
        Assert.Equal(0, Rename($"{here}/full/moved", $"{here}/back"));
        Assert.Equal(Status(there).Ino, Status($"{there}/back/..").Ino);
        Assert.Equal(parentLinks - 1, Status(there).Nlink);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_rename_onto_itself_or_another_link_of_it_changes_nothing(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/f", "f"u8);
        Assert.Equal(0, Link($"{there}/f", $"{there}/g"));

        Assert.Equal(0, Rename($"{here}/f", $"{here}/f"));
        Assert.Equal(0, Rename($"{here}/f", $"{here}/g"));
        Assert.Equal(2u, Status($"{there}/f").Nlink);
        Assert.Equal(Status($"{there}/f").Ino, Status($"{here}/g").Ino);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Flags_of_a_rename_are_kept_or_refused(Place place)
    {
        (string here, string there, bool isLustre) = await places.FolderAsync(place);
        Put($"{here}/f", "f"u8);
        Put($"{there}/g", "g"u8);
        Assert.Equal(0, Mkdir($"{here}/d"));

        Assert.Equal(-EEXIST, Rename($"{here}/f", $"{here}/g", RENAME_NOREPLACE));
        Assert.Equal(-EEXIST, Rename($"{there}/f", $"{there}/d", RENAME_NOREPLACE));
        Assert.Equal(0, Rename($"{there}/f", $"{there}/h", RENAME_NOREPLACE));
        Assert.Equal("f"u8, Get($"{here}/h"));
        Assert.Equal(-EINVAL, Rename($"{here}/h", $"{here}/g", RENAME_NOREPLACE | RENAME_EXCHANGE));
        Assert.Equal(-EINVAL, Rename($"{here}/h", $"{here}/g", 1 << 10));
        // Lustre knows no flag, and refuses these as it does.
        Assert.Equal(isLustre ? -EINVAL : 0, Rename($"{here}/h", $"{here}/g", RENAME_EXCHANGE));
        Assert.Equal(isLustre ? "f"u8 : "g"u8, Get($"{there}/h"));
        Assert.Equal(isLustre ? "g"u8 : "f"u8, Get($"{there}/g"));
        if (isLustre)
            Assert.Equal(-EINVAL, Rename($"{here}/h", $"{here}/w", RENAME_WHITEOUT));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Links_are_counted_and_stay_in_their_file_system(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/f", "f"u8);
        Assert.Equal(0, Mkdir($"{here}/d"));
        for (uint i = 2; i <= 60; i++)
        {
            string half = i % 2 == 0 ? here : there;
            Assert.Equal(0, Link($"{half}/f", $"{half}/d/{i}"));
            Assert.Equal(i, Status($"{there}/f").Nlink);
        }

        Assert.Equal(-EEXIST, Link($"{there}/f", $"{there}/d/2"));
        Assert.Equal(-EPERM, Link($"{there}/d", $"{there}/e"));
        Assert.Equal(-ENOENT, Link($"{there}/none", $"{there}/e"));
        Assert.Equal(-EXDEV, Link($"{there}/f", "/dev/shm/lustrous-posix"));
        Assert.Equal(-EXDEV, Rename($"{there}/f", "/dev/shm/lustrous-posix"));
        Assert.Equal(0, Unlink($"{there}/f"));
        Assert.Equal(59u, Status($"{here}/d/60").Nlink);
        Assert.Equal("f"u8, Get($"{here}/d/31"));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Symbolic_links_keep_any_target_and_end_in_circles(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        string longest = string.Concat(Enumerable.Repeat("/" + new string('t', 90), 45));
        foreach ((string name, string target) in
            ((string, string)[])[("a", "b"), ("b", "a"), ("bytes", "\x01\xFF\n"), ("long", longest[..4095])])
            Assert.Equal(0, Symlink(target, $"{here}/{name}"));

        Assert.Equal(-ELOOP, Open($"{there}/a", O_RDONLY));
        Assert.Equal(-ELOOP, Open($"{there}/a", O_RDONLY | O_NOFOLLOW));
        Assert.Equal(4095, Status($"{there}/long").Size);
        Put($"{there}/\x01\xFF\n", "x"u8);
        Assert.Equal("x"u8, Get($"{here}/bytes"));
        Assert.Equal(-EEXIST, Symlink("c", $"{there}/a"));
        Assert.Equal(-ENAMETOOLONG, Symlink(new string('t', 4096), $"{there}/c"));
        Assert.Equal(-ENOENT, Symlink("", $"{there}/c"));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_file_without_a_name_is_made_or_refused(Place place)
    {
        (string here, string there, bool isLustre) = await places.FolderAsync(place);
        int fd = Open(here, O_TMPFILE | O_RDWR);
        if (isLustre)
        {
            Assert.Equal(-EOPNOTSUPP, fd);
            return;
        }
        Assert.Equal(1, Write(fd, "x"u8, 0));
        Assert.Empty(DirectoryStream.Names(there));
        Assert.Equal(0, Close(fd));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_list_has_what_stays_once_while_others_come_and_go(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        for (int i = 0; i < 1500; i++)
            Put($"{here}/{(i % 3 == 0 ? "stays" : "goes")}-{i}", []);
        using var stream = new DirectoryStream(there);
        var seen = new List<string>();
        for (int i = 0; i < 1500; i++)
        {
            if (stream.Next() is { } name)
                seen.Add(name);
            if (i % 3 != 0)
            {
                Assert.Equal(0, Unlink($"{here}/goes-{i}"));
                Put($"{here}/comes-{i}", []);
            }
        }
        while (stream.Next() is { } name)
            seen.Add(name);

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(500, seen.Count(name => name.StartsWith("stays", StringComparison.Ordinal)));
        stream.Rewind();
        var again = new List<string>();
        while (stream.Next() is { } name)
            again.Add(name);
        Assert.Equal(1500, again.Count);
        Assert.DoesNotContain(again, name => name.StartsWith("goes", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_place_in_a_list_is_found_again(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        for (int i = 0; i < 700; i++)
            Put($"{here}/{i}", []);
        using var stream = new DirectoryStream(there);
        var marks = new List<(long Position, string Name)>();
        while (true)
        {
            long position = stream.Position;
            if (stream.Next() is not { } name)
                break;
            marks.Add((position, name));
        }

        Assert.Equal(700, marks.Count);
        for (int i = marks.Count - 1; i >= 0; i -= 13)
        {
            stream.Position = marks[i].Position;
            Assert.Equal(marks[i].Name, stream.Next());
        }
        // Also after the other half has changed the directory: what is still there comes from there on.
        Assert.Equal(0, Unlink($"{here}/{marks[350].Name}"));
        stream.Position = marks[350].Position;
        var rest = new List<string>();
        while (stream.Next() is { } name)
            rest.Add(name);
        Assert.Subset(rest.ToHashSet(), marks[351..].Select(mark => mark.Name).ToHashSet());
        Assert.Empty(rest.Intersect(marks[..350].Select(mark => mark.Name)));
    }
}
