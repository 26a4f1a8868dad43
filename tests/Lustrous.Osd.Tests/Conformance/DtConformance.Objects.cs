using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Xunit;

namespace Lustrous.Osd.Tests.Conformance;

// Objects, their attributes and extended attributes.
public abstract partial class DtConformance
{
    [Fact]
    public void An_object_exists_from_its_creation_to_its_destruction()
    {
        IDtObject handle = Device.Locate(NewFid());
        Assert.False(handle.Exists);
        Assert.Equal(Errno.ENOENT, handle.GetAttributes(out _));
        Assert.Equal(Errno.ENOENT, Device.Find(handle.Fid).Error);

        Change(t => handle.Create(t, FileAttributes, DtObjectFormat.Regular), t => t.DeclareCreate());
        Assert.True(handle.Exists);
        Assert.True(Device.Find(handle.Fid).Value.Exists);
        Refused(Errno.EEXIST, t => handle.Create(t, FileAttributes, DtObjectFormat.Regular));

        Change(t => handle.Destroy(t));
        Assert.False(handle.Exists);
        Assert.Equal(Errno.ENOENT, handle.GetAttributes(out _));
        Refused(Errno.ENOENT, t => handle.Destroy(t));
    }

    [Fact]
    public void Every_handle_of_a_FID_sees_what_one_of_them_does()
    {
        var fid = NewFid();
        IDtObject first = Device.Locate(fid);
        IDtObject second = Device.Locate(fid);
        Change(t => first.Create(t, FileAttributes, DtObjectFormat.Regular), t => t.DeclareCreate());
        Assert.True(second.Exists);
        Refused(Errno.EEXIST, t => second.Create(t, FileAttributes, DtObjectFormat.Regular));
        Change(t => second.Destroy(t));
        Assert.False(first.Exists);
        // An OST makes an object again when a create is replayed.
        Change(t => first.Create(t, FileAttributes with { Uid = 7 }, DtObjectFormat.Regular), t => t.DeclareCreate());
        Assert.Equal(7U, AttributesOf(second).Uid);
        Assert.Equal(7U, AttributesOf(first).Uid);
    }

    [Fact]
    public void Attributes_are_what_was_given_and_set()
    {
        IDtObject file = NewFile();
        DtAttributes made = AttributesOf(file);
        Assert.Equal(DtMode.Regular | 0x1A4U, made.Mode);
        Assert.Equal((1000U, 100U, 1U), (made.Uid, made.Gid, made.Nlink));
        Assert.Equal((1L, 2L, 3L), (made.AccessTime, made.ModifyTime, made.ChangeTime));
        Assert.Equal((0UL, 0UL), (made.Size, made.Blocks));

        Change(t => file.SetAttributes(t, new DtAttributes
        {
            Valid = DtValid.Mode | DtValid.Uid | DtValid.ModifyTime | DtValid.ProjectId | DtValid.Flags,
            Mode = DtMode.Directory | 0x180,     // the type does not change
            Uid = 5,
            Gid = 6,                            // not valid
            ModifyTime = -4,
            ProjectId = 9,
            Flags = InodeFlags.IMMUTABLE_FL,
        }));
        DtAttributes set = AttributesOf(file);
        Assert.Equal(DtMode.Regular | 0x180U, set.Mode);
        Assert.Equal((5U, 100U, 9U), (set.Uid, set.Gid, set.ProjectId));
        Assert.Equal((1L, -4L, 3L), (set.AccessTime, set.ModifyTime, set.ChangeTime));
        Assert.Equal(InodeFlags.IMMUTABLE_FL, set.Flags);
    }

    [Fact]
    public void References_are_counted_and_directories_begin_with_two()
    {
        IDtObject directory = NewDirectory();
        Assert.Equal(2U, AttributesOf(directory).Nlink);
        Change(t => directory.AddReference(t));
        Assert.Equal(3U, AttributesOf(directory).Nlink);
        for (int i = 0; i < 4; i++)
            Change(t => directory.DropReference(t));
        Assert.Equal(0U, AttributesOf(directory).Nlink);

        IDtObject file = NewObject(
            FileAttributes with { Valid = FileAttributes.Valid | DtValid.Nlink, Nlink = Device.Parameters.MaxNlink },
            DtObjectFormat.Regular);
        Refused(Errno.EMLINK, t => file.AddReference(t));
    }

    [Fact]
    public void A_device_node_keeps_its_number_and_has_no_body()
    {
        IDtObject node = NewObject(
            new DtAttributes
            {
                Valid = DtValid.Mode | DtValid.Device,
                Mode = DtMode.CharDevice | 0x1B6,
                Device = 0x103,
            }, DtObjectFormat.ForMode(DtMode.CharDevice));
        Assert.Equal(0x103U, AttributesOf(node).Device);
        Assert.Equal(Errno.EINVAL, node.Read(0, new byte[1]).Error);
        Assert.Equal(Errno.EISDIR, NewDirectory().Read(0, new byte[1]).Error);
        Assert.Equal(Errno.ENOTDIR, node.Lookup("a"u8, out _));
    }

    [Fact]
    public void A_version_is_kept()
    {
        IDtObject file = NewFile();
        Assert.Equal(0UL, file.Version);
        Change(t => file.SetVersion(t, 0x123456789AB));
        Assert.Equal(0x123456789ABUL, file.Version);
    }

    [Fact]
    public void Xattrs_are_set_read_listed_and_deleted()
    {
        IDtObject file = NewFile();
        byte[] into = new byte[64];
        Assert.Equal(Errno.ENODATA, file.GetXattr("trusted.lov"u8, into).Error);
        Assert.Equal(0, file.ListXattrs(default).Value);

        Change(t => file.SetXattr(t, "user.b"u8, "two"u8), t => t.DeclareXattr(3));
        Change(t => file.SetXattr(t, "trusted.lov"u8, "layout"u8), t => t.DeclareXattr(6));
        Change(t => file.SetXattr(t, "user.a"u8, default), t => t.DeclareXattr(0));
        Assert.Equal(3, file.GetXattr("user.b"u8, into).Value);
        Assert.Equal("two"u8, into.AsSpan(0, 3));
        Assert.Equal(0, file.GetXattr("user.a"u8, into).Value);
        Assert.Equal(6, file.GetXattr("trusted.lov"u8, default).Value);
        Assert.Equal(Errno.ERANGE, file.GetXattr("trusted.lov"u8, new byte[5]).Error);

        Assert.Equal(26, file.ListXattrs(default).Value);
        Assert.Equal(Errno.ERANGE, file.ListXattrs(new byte[25]).Error);
        Assert.Equal(26, file.ListXattrs(into).Value);
        Assert.Equal("trusted.lov\0user.a\0user.b\0"u8, into.AsSpan(0, 26));

        Change(t => file.DeleteXattr(t, "user.a"u8));
        Refused(Errno.ENODATA, t => file.DeleteXattr(t, "user.a"u8));
        Assert.Equal(19, file.ListXattrs(into).Value);
    }

    [Fact]
    public void Xattr_flags_and_limits_are_obeyed()
    {
        IDtObject file = NewFile();
        Refused(Errno.ENODATA, t => file.SetXattr(t, "user.x"u8, "1"u8, DtXattrFlags.Replace));
        Change(t => file.SetXattr(t, "user.x"u8, "1"u8, DtXattrFlags.Create));
        Refused(Errno.EEXIST, t => file.SetXattr(t, "user.x"u8, "2"u8, DtXattrFlags.Create));
        byte[] large = new byte[Device.Parameters.MaxXattrSize];
        Change(t => file.SetXattr(t, "user.x"u8, large, DtXattrFlags.Replace), t => t.DeclareXattr(large.Length));
        Assert.Equal(large.Length, file.GetXattr("user.x"u8, default).Value);
        Refused(Errno.E2BIG, t => file.SetXattr(t, "user.x"u8, new byte[large.Length + 1]));
        Refused(Errno.ERANGE, t => file.SetXattr(t, default, "1"u8));
        Refused(Errno.ENOENT, t => Device.Locate(NewFid()).SetXattr(t, "user.x"u8, "1"u8));
    }
}
