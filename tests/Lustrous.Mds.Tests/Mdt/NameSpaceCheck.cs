using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Looks at a whole name space as it lies on the device: links, parents, names kept with objects,
/// layouts.</summary>
static class NameSpaceCheck
{
    /// <summary>Fails on the first thing that is wrong. Nothing is open any more.</summary>
    public static void Run(MdtWorld world)
    {
        var names = new Dictionary<Fid, List<(Fid Parent, string Name)>>();
        var live = new HashSet<OstId>();
        CheckDirectory(world, Fid.Root, Fid.Root, names, live);
        foreach ((Fid fid, List<(Fid Parent, string Name)> links) in names)
        {
            IDtObject o = world.Storage.Locate(fid);
            o.GetAttributes(out DtAttributes attributes);
            if (!attributes.IsDirectory)
                Assert.Equal((uint)links.Count, attributes.Nlink);
            // What every file system has does not know its names.
            if (!fid.IsDotLustre)
                Assert.Equal(links.Order(), NamesKept(o).Order());
            if (!o.GetXattr(DtXattr.Lov, default).Failed && attributes.IsRegular)
            {
                var ea = new byte[o.GetXattr(DtXattr.Lov, default).Value];
                o.GetXattr(DtXattr.Lov, ea);
                foreach (LovOstDataV1 stripe in LovEa.Parse(ea).Value.Objects)
                    Assert.True(live.Add(stripe.ObjectId), "an object in two files");
            }
        }
        Assert.Equal(live.Count, world.Lod.Live.Count);
        Assert.Subset(world.Lod.Live, live);
        Assert.Empty(world.Lod.Reserved);
        Assert.Equal(2, world.Storage.Locate(DtLocalFid.Orphans).EntryCount);
        Assert.Equal(0, world.Mdt.Locks.GrantedCount);
    }

    static void CheckDirectory(
        MdtWorld world, Fid fid, Fid parent, Dictionary<Fid, List<(Fid, string)>> names, HashSet<OstId> live)
    {
        IDtObject directory = world.Storage.Locate(fid);
        Assert.True(directory.Exists, $"{fid} in {parent} is missing");
        Assert.Equal(Libcfs.Errno.OK, directory.Lookup(".."u8, out DtEntry up));
        Assert.Equal(parent, up.Fid);
        uint directories = 2;
        var below = new List<Fid>();
        using (DtDirectoryIterator entries = directory.Iterate(0))
        {
            while (entries.MoveNext())
            {
                string name = System.Text.Encoding.Latin1.GetString(entries.Name);
                if (name is "." or "..")
                    continue;
                DtEntry entry = entries.Entry;
                Assert.True(world.Storage.Locate(entry.Fid).Exists, $"{name} of {fid} leads to nothing");
                if (!names.TryGetValue(entry.Fid, out List<(Fid, string)>? links))
                    names.Add(entry.Fid, links = []);
                links.Add((fid, name));
                if (entry.Type != DtMode.Directory)
                    continue;
                directories++;
                Assert.Single(links);
                below.Add(entry.Fid);
            }
        }
        directory.GetAttributes(out DtAttributes attributes);
        Assert.Equal(directories, attributes.Nlink);
        foreach (Fid child in below)
            CheckDirectory(world, child, fid, names, live);
    }

    static List<(Fid, string)> NamesKept(IDtObject o)
    {
        var buffer = new byte[LinkEa.MaxSize];
        int length = o.GetXattr(DtXattr.Link, buffer).Value;
        LinkEa links = LinkEa.Read(buffer, length);
        var found = new List<(Fid, string)>();
        int offset = 0;
        while (links.TryNext(ref offset, out Fid parent, out ReadOnlySpan<byte> name))
            found.Add((parent, System.Text.Encoding.Latin1.GetString(name)));
        return found;
    }
}
