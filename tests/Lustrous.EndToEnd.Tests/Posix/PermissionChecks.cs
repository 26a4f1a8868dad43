using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Lustrous.EndToEnd.Tests.Posix.Sys;

namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>Who may do what, and what else hangs on modes, owners, groups and attributes.</summary>
[Collection("posix")]
public sealed class PermissionChecks(PosixPlaces places)
{
    const uint Alice = 4001, Bob = 4002, Staff = 5001, Others = 5002;
    const uint SetUid = 0x800, SetGid = 0x400, Sticky = 0x200;
    const uint Same = uint.MaxValue;

    public static TheoryData<Place> Places => PosixPlaces.All;

    [Theory, MemberData(nameof(Places))]
    public async Task Modes_let_in_and_keep_out(Place place)
    {
        (string here, string there, _) = await FolderAsync(place);
        Put($"{here}/f", "f"u8);
        Chown($"{here}/f", Alice, Staff);
        Chmod($"{here}/f", 0x1A0);           // rw-r-----
        Mkdir($"{here}/d", 0x1C0);
        Chown($"{here}/d", Alice, Staff);

        Assert.Equal(0, TryOpen(Alice, Others, [], O_RDWR));
        Assert.Equal(0, TryOpen(Bob, Staff, [], O_RDONLY));
        Assert.Equal(-EACCES, TryOpen(Bob, Staff, [], O_RDWR));
        Assert.Equal(-EACCES, TryOpen(Bob, Others, [], O_RDONLY));
        Assert.Equal(-EACCES, As(Bob, Others, [], () => TryStatus($"{there}/d/x", out _)));
        Assert.Equal(-ENOENT, As(Alice, Others, [], () => TryStatus($"{there}/d/x", out _)));
        Assert.Equal(-EACCES, As(Bob, Others, [], () => Unlink($"{there}/f")));
        Assert.Equal(-EACCES, As(Bob, Others, [], () => Mkdir($"{there}/new")));
        Assert.Equal(-EPERM, As(Bob, Others, [], () => Chmod($"{there}/f", 0x1FF)));
        // A change on one half counts on the other with the next call.
        for (int i = 0; i < 10; i++)
        {
            Chmod($"{here}/f", i % 2 == 0 ? 0x1A4u : 0x1A0u);
            Assert.Equal(i % 2 == 0 ? 0 : -EACCES, TryOpen(Bob, Others, [], O_RDONLY));
        }

        int TryOpen(uint uid, uint gid, uint[] groups, int flags) => As(uid, gid, groups, () =>
        {
            int fd = Open($"{there}/f", flags);
            return fd < 0 ? fd : Close(fd);
        });
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Supplementary_groups_count(Place place)
    {
        (string here, string there, _) = await FolderAsync(place);
        Put($"{here}/f", "f"u8);
        Chown($"{here}/f", Alice, Staff);
        Chmod($"{here}/f", 0x1B0);           // rw-rw----
        Mkdir($"{here}/d", 0x1F8);
        Chown($"{here}/d", Alice, Staff);
        Chmod($"{here}/d", 0x1F8);           // rwxrwx---

        Assert.Equal(0, As(Bob, Others, [6001, 6002, Staff, 6003], () => Close(Open($"{there}/f", O_RDWR))));
        Assert.Equal(-EACCES, As(Bob, Others, [6001, 6002], () => Open($"{there}/f", O_RDONLY)));
        Assert.Equal(0, As(Bob, Others, [6001, Staff], () => Mkdir($"{there}/d/made")));
        Assert.Equal((Bob, Others), (Status($"{here}/d/made").Uid, Status($"{here}/d/made").Gid));
        // An owner gives a file to a group of his, and to no other.
        Put($"{here}/g", []);
        Chown($"{here}/g", Bob, Others);
        Assert.Equal(0, As(Bob, Others, [6001, Staff], () => Chown($"{there}/g", Same, Staff)));
        Assert.Equal(Staff, Status($"{here}/g").Gid);
        Assert.Equal(-EPERM, As(Bob, Others, [6001], () => Chown($"{there}/g", Same, Staff + 7)));
        Assert.Equal(-EPERM, As(Bob, Others, [6001], () => Chown($"{there}/g", Alice, Same)));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task A_setgid_directory_gives_its_group(Place place)
    {
        (string here, string there, _) = await FolderAsync(place);
        Mkdir($"{here}/d");
        Chown($"{here}/d", Alice, Staff);
        Chmod($"{here}/d", SetGid | 0x1FF);

        Assert.Equal(0, As(Bob, Others, [], () => Mkdir($"{there}/d/sub", 0x1ED)));
        Assert.Equal(0, As(Bob, Others, [], () => Close(Open($"{there}/d/f", O_RDWR | O_CREAT, 0x1ED))));
        Assert.Equal(0, As(Bob, Others, [], () => MakeFifo($"{there}/d/p", 0x1ED)));
        Assert.Equal((Bob, Staff, SetGid | 0x1EDu), Owner(Status($"{here}/d/sub")));
        Assert.Equal((Bob, Staff, 0x1EDu), Owner(Status($"{here}/d/f")));
        Assert.Equal((Bob, Staff, 0x1EDu), Owner(Status($"{here}/d/p")));
        // Whoever is not in the group cannot have a program run with it.
        Assert.Equal(0, As(Bob, Others, [], () => Chmod($"{there}/d/f", SetGid | 0x1ED)));
        Assert.Equal((Bob, Staff, 0x1EDu), Owner(Status($"{here}/d/f")));

        static (uint, uint, uint) Owner(FileStatus status) => (status.Uid, status.Gid, status.Permissions);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task In_a_sticky_directory_owners_alone_remove(Place place)
    {
        (string here, string there, _) = await FolderAsync(place);
        Mkdir($"{here}/d");
        Chmod($"{here}/d", Sticky | 0x1FF);
        foreach (string name in (string[])["f", "g"])
        {
            Put($"{here}/d/{name}", []);
            Chown($"{here}/d/{name}", Alice, Staff);
        }
        Put($"{here}/d/his", []);
        Chown($"{here}/d/his", Bob, Staff);

        Assert.Equal(-EPERM, As(Bob, Staff, [], () => Unlink($"{there}/d/f")));
        Assert.Equal(-EPERM, As(Bob, Staff, [], () => Rename($"{there}/d/f", $"{there}/d/x")));
        Assert.Equal(-EPERM, As(Bob, Staff, [], () => Rename($"{there}/d/his", $"{there}/d/f")));
        Assert.Equal(0, As(Alice, Staff, [], () => Rename($"{there}/d/f", $"{there}/d/g")));
        Assert.Equal(0, As(Alice, Staff, [], () => Unlink($"{there}/d/g")));
        Chown($"{here}/d", Alice, Staff);
        Assert.Equal(0, As(Alice, Staff, [], () => Unlink($"{there}/d/his")));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task The_umask_takes_away_and_a_default_acl_takes_its_place(Place place)
    {
        (string here, string there, _) = await FolderAsync(place);
        Mkdir($"{here}/acl", 0x1FF);
        // user::rwx user:4001:rwx group::r-x mask::rwx other::---
        Assert.Equal(0, SetXattr($"{here}/acl", "system.posix_acl_default",
            Acl((1, 7, Same), (2, 7, Alice), (4, 5, Same), (0x10, 7, Same), (0x20, 0, Same))));
        uint before = Umask(0x17);          // 027
        try
        {
            Put($"{here}/f", []);
            Close(Open($"{here}/g", O_WRONLY | O_CREAT, 0xFFF));
            Mkdir($"{here}/d", 0x1FF);
            MakeFifo($"{here}/p", 0x1B6);
            Close(Open($"{here}/acl/f", O_WRONLY | O_CREAT, 0x1B6));
            Mkdir($"{here}/acl/d", 0x1FF);
        }
        finally
        {
            Umask(before);
        }
        Assert.Equal(0x1A0u, Status($"{there}/f").Permissions);
        Assert.Equal(0xFE8u, Status($"{there}/g").Permissions);
        Assert.Equal(0x1E8u, Status($"{there}/d").Permissions);
        Assert.Equal(0x1A0u, Status($"{there}/p").Permissions);
        Assert.Equal(0x1B0u, Status($"{there}/acl/f").Permissions);
        Assert.Equal(0x1F8u, Status($"{there}/acl/d").Permissions);
        Assert.Equal(44, GetXattr($"{there}/acl/d", "system.posix_acl_default", new byte[100]));
        Assert.Equal(0, As(Alice, Others, [], () => Close(Open($"{there}/acl/f", O_RDWR))));
        Assert.Equal(-EACCES, As(Bob, Others, [], () => Open($"{there}/acl/f", O_RDONLY)));
        // chmod changes the mask, and with it what the named user has.
        Assert.Equal(0, Chmod($"{here}/acl/f", 0x1A0));
        Assert.Equal(-EACCES, As(Alice, Others, [], () => Open($"{there}/acl/f", O_RDWR)));
        Assert.Equal(0, As(Alice, Others, [], () => Close(Open($"{there}/acl/f", O_RDONLY))));
        // What is not sorted or has no owner is no ACL.
        Assert.Equal(-EINVAL, SetXattr($"{there}/f", "system.posix_acl_access", Acl((2, 7, Alice), (1, 7, Same))));
        Assert.Equal(-EACCES, SetXattr($"{there}/f", "system.posix_acl_default", Acl((1, 7, Same), (4, 5, Same),
            (0x20, 0, Same))));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Set_id_bits_go_with_another_owner_and_with_a_write(Place place)
    {
        (string here, string there, _) = await FolderAsync(place);
        Put($"{here}/f", "f"u8);
        Chown($"{here}/f", Alice, Staff);
        Chmod($"{here}/f", SetUid | SetGid | 0x1FF);
        Assert.Equal(0, As(Alice, Others, [Staff, 6001], () => Chown($"{there}/f", Same, 6001)));
        Assert.Equal(0x1FFu, Status($"{here}/f").Permissions);

        Chmod($"{here}/f", SetUid | SetGid | 0x1FF);
        Assert.Equal(1, As(Bob, Others, [], () =>
        {
            int fd = Open($"{there}/f", O_WRONLY);
            int written = Write(fd, "g"u8, 0);
            Close(fd);
            return written;
        }));
        Assert.Equal(0x1FFu, Status($"{here}/f").Permissions);
        // Root's writes leave them, and without execution by the group the setgid bit is none.
        Chmod($"{here}/f", SetUid | SetGid | 0x1F7);
        Put($"{there}/f", "root"u8);
        Assert.Contains(Status($"{here}/f").Permissions, (uint[])[SetUid | SetGid | 0x1F7, SetGid | 0x1F7]);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Times_are_set_by_owners_and_to_now_by_writers(Place place)
    {
        (string here, string there, bool isLustre) = await FolderAsync(place);
        Put($"{here}/f", "f"u8);
        Chown($"{here}/f", Alice, Staff);
        Chmod($"{here}/f", 0x1B6);
        const long Second = 1_000_000_000;

        Assert.Equal(0, As(Alice, Others, [], () => SetTimes($"{there}/f", 1_111_111_111, 5, 2_222_222_222, 7)));
        // Lustre's protocol has whole seconds.
        FileStatus set = Status($"{here}/f");
        Assert.Equal(1_111_111_111 * Second + (isLustre ? 0 : 5), set.Atime);
        Assert.Equal(2_222_222_222 * Second + (isLustre ? 0 : 7), set.Mtime);
        Assert.Equal(0, SetTimes($"{here}/f", 0, UTIME_OMIT, 3_333_333_333, 0));
        Assert.Equal((set.Atime, 3_333_333_333 * Second), (Status($"{there}/f").Atime, Status($"{there}/f").Mtime));
        Assert.Equal(-EPERM, As(Bob, Others, [], () => SetTimes($"{there}/f", 1, 0, 1, 0)));
        Assert.Equal(0, As(Bob, Others, [], () => SetTimes($"{there}/f", 0, UTIME_NOW, 0, UTIME_NOW)));
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.InRange(Status($"{here}/f").Mtime / Second, now - 120, now + 1);
        Chmod($"{here}/f", 0x1A4);
        Assert.Equal(-EACCES, As(Bob, Others, [], () => SetTimes($"{there}/f", 0, UTIME_NOW, 0, UTIME_NOW)));
        Assert.Equal(0, SetTimes($"{there}/f", 5, 0, 6, 0));
        FileStatus old = Status($"{here}/f");
        Assert.InRange(old.Ctime / Second, now - 120, now + 300);
        // Writes and truncations move it on; a birth stays what it was.
        Put($"{there}/f", "longer"u8);
        FileStatus written = Status($"{here}/f");
        Assert.InRange(written.Mtime / Second, now - 120, now + 300);
        Assert.Equal(0x800u, written.Mask & 0x800);
        Assert.Equal(old.Btime, written.Btime);
        Assert.InRange(written.Btime / Second, now - 300, now + 300);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task What_runs_is_not_written_and_what_is_written_does_not_run(Place place)
    {
        (string here, string there, _) = await FolderAsync(place);
        await Shell.OkAsync($"cp /bin/sleep {here}/program && chmod 755 {here}/program");
        using (var running = System.Diagnostics.Process.Start($"{here}/program", "1000"))
        {
            Assert.Equal(-ETXTBSY, Open($"{there}/program", O_WRONLY));
            Assert.Equal(-ETXTBSY, Open($"{there}/program", O_RDWR | O_TRUNC));
            running.Kill();
            await running.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        int fd = MustOpen($"{there}/program", O_WRONLY);
        (int status, _) = await Shell.RunAsync($"exec {here}/program 0");
        Assert.Equal(126, status);
        Close(fd);
        await Shell.OkAsync($"exec {here}/program 0");
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Attributes_have_name_spaces(Place place)
    {
        (string here, string there, bool isLustre) = await FolderAsync(place);
        Put($"{here}/f", []);
        Chown($"{here}/f", Alice, Staff);
        Symlink("f", $"{here}/l");
        byte[] value = new byte[200];

        Assert.Equal(0, SetXattr($"{here}/f", "user.a", "one"u8));
        Assert.Equal(0, SetXattr($"{here}/f", "trusted.b", "two"u8));
        Assert.Equal(0, SetXattr($"{here}/f", "security.c", "three"u8));
        Assert.Equal(3, GetXattr($"{there}/f", "user.a", value));
        Assert.Equal("one"u8, value.AsSpan(0, 3));
        Assert.Equal(3, GetXattr($"{there}/f", "trusted.b", value));
        Assert.Equal(5, GetXattr($"{there}/f", "security.c", []));
        Assert.Equal(-ERANGE, GetXattr($"{there}/f", "security.c", value.AsSpan(0, 2)));
        Assert.Equal(-ENODATA, GetXattr($"{there}/f", "user.none", value));
        Assert.Equal(-EEXIST, SetXattr($"{there}/f", "user.a", "x"u8, XATTR_CREATE));
        Assert.Equal(-ENODATA, SetXattr($"{there}/f", "user.none", "x"u8, XATTR_REPLACE));
        Assert.Equal(-EOPNOTSUPP, SetXattr($"{there}/f", "nowhere.a", "x"u8));
        Assert.Equal(-EPERM, SetXattr($"{there}/l", "user.a", "x"u8));
        Assert.Equal(0, SetXattr($"{there}/l", "trusted.a", "x"u8));
        // Others than root see no trusted ones, and owners alone set theirs.
        Assert.Equal(-ENODATA, As(Alice, Staff, [], () => GetXattr($"{there}/f", "trusted.b", new byte[9])));
        Assert.Equal(-EPERM, As(Alice, Staff, [], () => SetXattr($"{there}/f", "trusted.b", [])));
        Assert.Equal(0, As(Alice, Staff, [], () => SetXattr($"{there}/f", "user.hers", "x"u8)));
        Assert.Equal(-EACCES, As(Bob, Others, [], () => SetXattr($"{there}/f", "user.his", "x"u8)));
        string[] listed = As(Alice, Staff, [], () => ListXattrs($"{there}/f"));
        Assert.Subset(listed.ToHashSet(), new HashSet<string> { "user.a", "user.hers", "security.c" });
        Assert.DoesNotContain("trusted.b", listed);
        Assert.Contains("trusted.b", ListXattrs($"{here}/f"));
        Assert.Equal(0, RemoveXattr($"{there}/f", "user.a"));
        Assert.Equal(-ENODATA, GetXattr($"{here}/f", "user.a", value));
        Assert.Equal(-ENODATA, RemoveXattr($"{there}/f", "user.a"));
        if (isLustre)
            await CheckLayoutAttributesAsync(here, there);
    }

    static Task CheckLayoutAttributesAsync(string here, string there)
    {
        byte[] one = new byte[4096], two = new byte[4096];
        foreach (string name in (string[])["lustre.lov", "trusted.lov"])
        {
            int length = GetXattr($"{here}/f", name, one);
            Assert.True(length > 32, $"{name}: {length}");
            Assert.Equal(length, GetXattr($"{there}/f", name, two));
            Assert.Equal(one.AsSpan(0, length), two.AsSpan(0, length));
        }
        // LMA names the file, the links name it and its directory.
        Assert.True(GetXattr($"{there}/f", "trusted.lma", two) >= 24);
        int links = GetXattr($"{there}/f", "trusted.link", two);
        Assert.True(links > 0 && two.AsSpan(0, links).IndexOf("f"u8) > 0);
        return Task.CompletedTask;
    }

    async Task<PosixFolder> FolderAsync(Place place, [CallerMemberName] string check = "")
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("only root can act as somebody else");
        return await places.FolderAsync(place, check);
    }

    /// <summary>An ACL as extended attributes have it: version 2, then tag, permissions and id of each entry.</summary>
    static byte[] Acl(params (ushort Tag, ushort Permissions, uint Id)[] entries)
    {
        byte[] bytes = new byte[4 + 8 * entries.Length];
        bytes[0] = 2;
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = bytes.AsSpan(4 + 8 * i, 8);
            MemoryMarshal.Write(entry, entries[i].Tag);
            MemoryMarshal.Write(entry[2..], entries[i].Permissions);
            MemoryMarshal.Write(entry[4..], entries[i].Id);
        }
        return bytes;
    }
}
