using System.Buffers.Binary;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Acl;
using Lustrous.Simulation;

namespace Lustrous.Mds.Tests.Mdd;

/// <summary>ACLs against a model that follows POSIX 1003.1e draft 17's own words.</summary>
public sealed class PosixAclTests
{
    const ushort UserObject = 1, User = 2, GroupObject = 4, Group = 8, Mask = 0x10, Other = 0x20;

    [Theory]
    [InlineData("u::7,g::5,o::0", true)]
    [InlineData("u::7,u:1:7,g::5,m::7,o::0", true)]
    [InlineData("u::7,g::5,g:9:1,m::4,o::0", true)]
    [InlineData("u::7,u:1:7,g::5,o::0", false)]         // no mask
    [InlineData("u::7,g::5,g:9:1,o::0", false)]
    [InlineData("g::5,u::7,o::0", false)]               // order
    [InlineData("u::7,g::5", false)]
    [InlineData("u::7,u::7,g::5,o::0", false)]
    [InlineData("u::7,g::5,m::1,m::1,o::0", false)]
    [InlineData("u::7,g::5,o::0,o::0", false)]
    [InlineData("u::15,g::5,o::0", false)]
    public void What_is_well_formed(string text, bool expected) =>
        Assert.Equal(expected ? Errno.OK : Errno.EINVAL, PosixAcl.Check(Parse(text)));

    [Fact]
    public void Lengths_and_versions_are_looked_at()
    {
        byte[] good = Parse("u::7,g::5,o::0");
        Assert.Equal(Errno.EINVAL, PosixAcl.Check(good.AsSpan(0, 3)));
        Assert.Equal(Errno.EINVAL, PosixAcl.Check(good.AsSpan(0, good.Length - 1)));
        Assert.Equal(Errno.OK, PosixAcl.Check(good.AsSpan(0, 4)));
        good[0] = 3;
        Assert.Equal(Errno.EOPNOTSUPP, PosixAcl.Check(good));
    }

    [Theory]
    [InlineData("u::7,g::5,o::1", 0x1E9, true)]                     // rwxr-x--x
    [InlineData("u::6,u:1:7,g::7,m::2,o::0", 0x190, false)]         // rw--w----: the mask shows as the group's
    public void The_mode_that_goes_with_it(string text, uint expected, bool isMode)
    {
        uint mode = 0x8FFF;
        Assert.Equal(isMode, PosixAcl.SetMode(Parse(text), ref mode));
        Assert.Equal(0x8E00 | expected, mode);
    }

    [Theory]
    [InlineData("u::7,g::5,o::1", 0x1A4, "u::6,g::4,o::4")]
    [InlineData("u::7,u:1:7,g::5,m::7,o::1", 0x1A4, "u::6,u:1:7,g::5,m::4,o::4")]
    public void It_follows_a_changed_mode(string text, uint mode, string expected)
    {
        byte[] acl = Parse(text);
        PosixAcl.FollowMode(acl, mode);
        Assert.Equal(Parse(expected), acl);
    }

    [Theory]
    [InlineData("u::7,g::5,o::5", 0x1B6, 0x1A4, "u::6,g::4,o::4", true)]                        // 666: 644
    [InlineData("u::7,u:1:7,g::5,m::7,o::0", 0x1B6, 0x1B0, "u::6,u:1:7,g::5,m::6,o::0", false)]    // 666: 660
    [InlineData("u::7,u:1:7,g::5,m::5,o::5", 0x1C0, 0x1C0, "u::7,u:1:7,g::5,m::0,o::0", false)]    // 700: 700
    public void New_objects_get_no_more_than_mode_and_default_both_allow(
        string text, uint mode, uint expectedMode, string expected, bool isMode)
    {
        byte[] acl = Parse(text);
        Assert.Equal(isMode, PosixAcl.Inherit(acl, ref mode));
        Assert.Equal(expectedMode, mode);
        Assert.Equal(Parse(expected), acl);
    }

    [Fact]
    public void Who_is_allowed_what_as_the_standard_says() => Seeds.Each(50, seed =>
    {
        var random = new SeededRandom(seed);
        for (int round = 0; round < 200; round++)
        {
            List<(ushort Tag, uint Allowed, uint Id)> entries = RandomAcl(random);
            var who = new Subject((uint)random.Next(4), [.. Enumerable.Range(0, 5).Select(_ => (uint)random.Next(8))]);
            uint wanted = 1 + (uint)random.Next(7), owningGroup = (uint)random.Next(8);
            byte[] acl = Encode(entries);
            Assert.Equal(Errno.OK, PosixAcl.Check(acl));
            Assert.Equal(Expected(entries, who, owningGroup, wanted), PosixAcl.Allows(acl, who, owningGroup, wanted));
        }
    });

    static bool Expected(
        List<(ushort Tag, uint Allowed, uint Id)> entries, Subject who, uint owningGroup, uint wanted)
    {
        uint mask = entries.Exists(e => e.Tag == Mask) ? entries.Find(e => e.Tag == Mask).Allowed : 7;
        foreach ((_, uint allowed, _) in entries.Where(e => e.Tag == User && e.Id == who.Uid))
            return (allowed & mask & wanted) == wanted;
        var groups = entries.Where(e => (e.Tag == GroupObject && who.IsInGroup(owningGroup))
            || (e.Tag == Group && who.IsInGroup(e.Id))).ToList();
        if (groups.Count > 0)
            return groups.Exists(e => (e.Allowed & mask & wanted) == wanted);
        return (entries.Find(e => e.Tag == Other).Allowed & wanted) == wanted;
    }

    static List<(ushort Tag, uint Allowed, uint Id)> RandomAcl(SeededRandom random)
    {
        var entries = new List<(ushort, uint, uint)> { (UserObject, (uint)random.Next(8), 0) };
        int users = random.Next(3), groups = random.Next(3);
        for (int i = 0; i < users; i++)
            entries.Add((User, (uint)random.Next(8), (uint)i));
        entries.Add((GroupObject, (uint)random.Next(8), 0));
        for (int i = 0; i < groups; i++)
            entries.Add((Group, (uint)random.Next(8), (uint)(i * 3)));
        if (users + groups > 0 || random.Next(2) == 0)
            entries.Add((Mask, (uint)random.Next(8), 0));
        entries.Add((Other, (uint)random.Next(8), 0));
        return entries;
    }

    static byte[] Parse(string text) => Encode([.. text.Split(',').Select(part =>
    {
        string[] words = part.Split(':');
        ushort tag = words[0] switch
        {
            "u" => words[1].Length == 0 ? UserObject : User,
            "g" => words[1].Length == 0 ? GroupObject : Group,
            "m" => Mask,
            _ => Other,
        };
        return (tag, uint.Parse(words[2]), words[1].Length == 0 ? 0 : uint.Parse(words[1]));
    })]);

    static byte[] Encode(List<(ushort Tag, uint Allowed, uint Id)> entries)
    {
        var acl = new byte[PosixAcl.HeaderSize + entries.Count * PosixAcl.EntrySize];
        acl[0] = 2;
        for (int i = 0; i < entries.Count; i++)
        {
            Span<byte> at = acl.AsSpan(PosixAcl.HeaderSize + i * PosixAcl.EntrySize);
            BinaryPrimitives.WriteUInt16LittleEndian(at, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)entries[i].Allowed);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], entries[i].Id);
        }
        return acl;
    }

    readonly record struct Subject(uint Uid, uint[] Groups) : IAclSubject
    {
        public bool IsInGroup(uint gid) => Groups.Contains(gid);
    }
}
