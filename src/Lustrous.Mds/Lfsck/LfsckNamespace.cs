using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Mds.Mdd;
using Lustrous.Mds.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Lfsck;

/// <summary>
/// The name space against itself: every name stands for an object, of the type it says; every object knows its names
/// and the directory it is in; as many links are counted as there are names. What is not so is looked at again with the
/// locks of a change held, and then put right.
/// </summary>
/// <remarks>Phase 1 goes through the names of directories, phase 2 through the links of objects, so that it finds names
/// that were lost. Source: lustre/lfsck/lfsck_namespace.c.</remarks>
sealed partial class LfsckNamespace(MdtDevice mdt) : LfsckComponent(mdt.Context, mdt.Name)
{
    sealed record NamedEntry(byte[] Name, DtEntry Entry)
    {
        public string Text => Encoding.UTF8.GetString(Name);
    }

    readonly MddDevice _mdd = mdt.Mdd;
    long _directories, _dirents, _links, _counts, _multiple, _unknown, _dangling, _types, _lost;

    public override long RepairedCount => _dirents + _links + _counts + _types + _lost;

    protected override void Reset() =>
        _directories = _dirents = _links = _counts = _multiple = _unknown = _dangling = _types = _lost = 0;

    protected override async ValueTask<Errno> ScanAsync(CancellationToken cancel)
    {
        Errno error = await EachAsync(CheckNamesAsync, cancel);
        if (error != Errno.OK)
            return error;
        BeginPhase2();
        return await EachAsync(CheckLinksAsync, cancel);
    }

    async ValueTask<Errno> EachAsync(
        Func<IDtObject, CancellationToken, ValueTask<Errno>> check, CancellationToken cancel)
    {
        foreach (Result<Fid> listed in _mdd.Device.ListObjects())
        {
            if (listed.Failed)
                Missed("some objects cannot be listed");
            if (listed.Failed || !IsOfClients(listed.Value))
                continue;
            Result<IDtObject> found = _mdd.Device.Find(listed.Value);
            Errno error = found.Failed ? found.Error : await check(found.Value, cancel);
            // Gone meanwhile.
            error = error == Errno.ENOENT ? Errno.OK : error;
            if (error != Errno.OK)
                Failed($"{listed.Value} cannot be checked: {error}");
            error = await StepAsync(error, cancel);
            if (error != Errno.OK)
                return error;
        }
        return Errno.OK;
    }

    /// <summary>What is of the server's own has no links.</summary>
    static bool IsOfClients(Fid fid) => fid.IsSane && fid.IsNamespaceVisible && !fid.IsDotLustre;

    async ValueTask<Errno> CheckNamesAsync(IDtObject o, CancellationToken cancel)
    {
        if (o.Kind != DtObjectKind.Directory)
            return Errno.OK;
        _directories++;
        Errno error = CopyNames(o, out List<NamedEntry> names);
        foreach (NamedEntry named in names)
        {
            if (named.Name is [(byte)'.'] or [(byte)'.', (byte)'.'] || !IsOfClients(named.Entry.Fid))
                continue;
            Errno one = await CheckNameAsync(o, named, cancel);
            error = error == Errno.OK ? one : error;
        }
        return error == Errno.OK ? await CheckDirectoryCountAsync(o, cancel) : error;
    }

    static Errno CopyNames(IDtObject directory, out List<NamedEntry> names)
    {
        names = [];
        using DtDirectoryIterator iterator = directory.Iterate(0);
        while (iterator.MoveNext())
            names.Add(new NamedEntry(iterator.Name.ToArray(), iterator.Entry));
        return iterator.Error;
    }

    async ValueTask<Errno> CheckNameAsync(IDtObject directory, NamedEntry named, CancellationToken cancel)
    {
        if (IsNameGood(directory, named))
            return Errno.OK;
        using var locks = new MdtLockSet(mdt.Locks);
        Errno error = await LockAsync(locks, directory.Fid, named.Entry.Fid, cancel);
        if (error != Errno.OK)
            return error;
        // It may have been changed while it was looked at.
        if (directory.Lookup(named.Name, out DtEntry now) != Errno.OK || now != named.Entry
            || IsNameGood(directory, named))
            return Errno.OK;
        Result<IDtObject> found = _mdd.Device.Find(named.Entry.Fid);
        if (found.Error == Errno.ENOENT)
        {
            Found(ref _dangling,
                $"name '{named.Text}' in {directory.Fid} stands for {named.Entry.Fid}, which is not there");
            return Errno.OK;
        }
        return found.Failed ? found.Error : RepairName(directory, named, found.Value);
    }

    /// <summary>The object is there, is of the type that the name says, and knows the name.</summary>
    bool IsNameGood(IDtObject directory, NamedEntry named)
    {
        Result<IDtObject> found = _mdd.Device.Find(named.Entry.Fid);
        return !found.Failed && found.Value.GetAttributes(out DtAttributes attributes) == Errno.OK
            && attributes.Type == named.Entry.Type
            && MddDevice.HasLink(found.Value, directory.Fid, named.Name)
            && (!attributes.IsDirectory || IsIn(found.Value, directory.Fid));
    }

    static bool IsIn(IDtObject child, Fid parent) =>
        child.Lookup(".."u8, out DtEntry entry) == Errno.OK && entry.Fid == parent;

    Errno RepairName(IDtObject directory, NamedEntry named, IDtObject child)
    {
        Errno error = child.GetAttributes(out DtAttributes attributes);
        if (error != Errno.OK)
            return error;
        if (attributes.Type != named.Entry.Type)
        {
            Found(ref _types, $"name '{named.Text}' in {directory.Fid} has another type than {child.Fid}");
            if (!Options.IsDryRun)
                error = _mdd.SetName(directory, named.Name, new DtEntry(child.Fid, attributes.Type), isThere: true);
        }
        if (error == Errno.OK && attributes.IsDirectory && !IsIn(child, directory.Fid))
        {
            Found(ref _dirents, $"directory {child.Fid} is in {directory.Fid}, and does not say so");
            if (!Options.IsDryRun)
                error = _mdd.SetName(child, ".."u8, new DtEntry(directory.Fid, DtMode.Directory),
                    isThere: child.Lookup(".."u8, out _) == Errno.OK);
        }
        if (error == Errno.OK && !MddDevice.HasLink(child, directory.Fid, named.Name))
        {
            Found(ref _links, $"{child.Fid} does not know its name '{named.Text}' in {directory.Fid}");
            if (!Options.IsDryRun)
                error = _mdd.SetLink(child, directory.Fid, named.Name, isThere: true);
        }
        return error;
    }

    async ValueTask<Errno> CheckDirectoryCountAsync(IDtObject directory, CancellationToken cancel)
    {
        if (IsCountGood(directory, out _))
            return Errno.OK;
        using var locks = new MdtLockSet(mdt.Locks);
        Errno error = await LockAsync(locks, directory.Fid, default, cancel);
        if (error != Errno.OK)
            return error;
        if (IsCountGood(directory, out uint links))
            return Errno.OK;
        Found(ref _counts, $"directory {directory.Fid} has {links} links, and counts others");
        return Options.IsDryRun ? Errno.OK : _mdd.SetNlink(directory, links);
    }

    static bool IsCountGood(IDtObject directory, out uint links)
    {
        links = 2;
        if (CopyNames(directory, out List<NamedEntry> names) != Errno.OK)
            return true;
        foreach (NamedEntry named in names)
        {
            if (named.Entry.Type == DtMode.Directory && named.Name is not ([(byte)'.'] or [(byte)'.', (byte)'.']))
                links++;
        }
        // One that has been removed, and is open, has none.
        return directory.GetAttributes(out DtAttributes attributes) != Errno.OK || attributes.Nlink == 0
            || attributes.Nlink == links;
    }

    async ValueTask<Errno> CheckLinksAsync(IDtObject o, CancellationToken cancel)
    {
        if (o.Fid.IsRoot || o.GetAttributes(out DtAttributes attributes) != Errno.OK || attributes.Nlink == 0)
            return Errno.OK;
        if (!attributes.IsDirectory && attributes.Nlink > 1)
            _multiple++;
        List<(Fid Parent, byte[] Name)> links = MddDevice.LinksOf(o, out bool isWhole);
        int good = links.Count(link => IsThere(o, link.Parent, link.Name));
        foreach ((Fid parent, byte[] name) in links)
        {
            if (IsThere(o, parent, name))
                continue;
            // Counted, and not found: the name was lost. Else it is the link that is too many.
            bool isLost = good < (attributes.IsDirectory ? 1 : attributes.Nlink);
            if (await RepairLinkAsync(o, parent, name, isLost, attributes.Type, cancel) is var error and not Errno.OK)
                return error;
            good += isLost ? 1 : 0;
        }
        if (good == 0 && isWhole)
        {
            Found(ref _unknown, $"{o.Fid} has no name that is known");
            return Errno.OK;
        }
        return attributes.IsDirectory || !isWhole || Options.IsDryRun
            ? Errno.OK
            : await CheckFileCountAsync(o, cancel);
    }

    bool IsThere(IDtObject o, Fid parent, ReadOnlySpan<byte> name)
    {
        Result<IDtObject> directory = _mdd.Device.Find(parent);
        return !directory.Failed && directory.Value.Lookup(name, out DtEntry entry) == Errno.OK && entry.Fid == o.Fid;
    }

    async ValueTask<Errno> RepairLinkAsync(
        IDtObject o, Fid parent, byte[] name, bool isLost, uint type, CancellationToken cancel)
    {
        using var locks = new MdtLockSet(mdt.Locks);
        Errno error = await LockAsync(locks, parent, o.Fid, cancel);
        if (error != Errno.OK || !MddDevice.HasLink(o, parent, name) || IsThere(o, parent, name))
            return error;
        Result<IDtObject> directory = _mdd.Device.Find(parent);
        bool canBe = !directory.Failed && directory.Value.Kind == DtObjectKind.Directory
            && directory.Value.Lookup(name, out _) == Errno.ENOENT;
        string text = Encoding.UTF8.GetString(name);
        if (isLost && canBe)
        {
            Found(ref _lost, $"name '{text}' in {parent} of {o.Fid} is lost");
            return Options.IsDryRun
                ? Errno.OK
                : _mdd.SetName(directory.Value, name, new DtEntry(o.Fid, type), isThere: false);
        }
        Found(ref _links, $"{o.Fid} knows a name '{text}' in {parent} that it has not");
        return Options.IsDryRun ? Errno.OK : _mdd.SetLink(o, parent, name, isThere: false);
    }

    async ValueTask<Errno> CheckFileCountAsync(IDtObject o, CancellationToken cancel)
    {
        if (IsFileCountGood(o, out _))
            return Errno.OK;
        using var locks = new MdtLockSet(mdt.Locks);
        Errno error = await LockAsync(locks, o.Fid, default, cancel);
        if (error != Errno.OK)
            return error;
        if (IsFileCountGood(o, out uint links))
            return Errno.OK;
        Found(ref _counts, $"{o.Fid} has {links} names, and counts others");
        return _mdd.SetNlink(o, links);
    }

    bool IsFileCountGood(IDtObject o, out uint links)
    {
        List<(Fid Parent, byte[] Name)> names = MddDevice.LinksOf(o, out bool isWhole);
        links = (uint)names.Count(link => IsThere(o, link.Parent, link.Name));
        return !isWhole || links == 0 || o.GetAttributes(out DtAttributes attributes) != Errno.OK
            || attributes.Nlink == 0 || attributes.Nlink == links;
    }

    /// <summary>Directory first, then what is in it, as every change takes them.</summary>
    static async ValueTask<Errno> LockAsync(MdtLockSet locks, Fid parent, Fid child, CancellationToken cancel)
    {
        const InodeBits all = InodeBits.UPDATE | InodeBits.LOOKUP;
        Errno error = await locks.AddObjectAsync(parent, LockMode.EX, all, cancel);
        return error == Errno.OK && !child.IsZero && child != parent
            ? await locks.AddObjectAsync(child, LockMode.EX, all, cancel)
            : error;
    }
}
