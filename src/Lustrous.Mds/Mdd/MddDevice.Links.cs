using System.Runtime.CompilerServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// The names that an object has, kept with it (mdd_links_add and its neighbours).
public sealed partial class MddDevice
{
    static readonly int LmaSize = Unsafe.SizeOf<LustreMdtAttrs>();

    /// <summary>Bytes to declare for one more name.</summary>
    static int LinkEaSize(ReadOnlySpan<byte> name) => 24 + 18 + name.Length;

    [SkipLocalsInit]
    Errno SetFirstLink(DtTransaction tx, IDtObject o, Fid parent, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[24 + 18 + MaxNameLength];
        LinkEa links = LinkEa.New(buffer);
        links.Add(parent, name, _context.UnixSeconds);
        return o.SetXattr(tx, DtXattr.Link, links.Bytes);
    }

    /// <summary>A name is gone, or has come, or both. What does not fit is left out; it is no error of the operation
    /// when the list cannot be changed, as the name space itself is right.</summary>
    [SkipLocalsInit]
    void ChangeLinks(
        DtTransaction tx, IDtObject o, Fid oldParent, ReadOnlySpan<byte> oldName, Fid newParent,
        ReadOnlySpan<byte> newName)
    {
        Span<byte> buffer = stackalloc byte[LinkEa.MaxSize];
        LinkEa links = ReadLinks(o, buffer);
        if (!oldName.IsEmpty)
            links.Remove(oldParent, oldName);
        if (!newName.IsEmpty)
            links.Add(newParent, newName, _context.UnixSeconds);
        if (o.SetXattr(tx, DtXattr.Link, links.Bytes) is var error and not Errno.OK)
            _context.Log.Warning("mdd", $"{o.Fid}: the list of its names could not be changed: {error}");
    }

    static LinkEa ReadLinks(IDtObject o, Span<byte> buffer)
    {
        Result<int> length = o.GetXattr(DtXattr.Link, buffer[..LinkEa.MaxSize]);
        return length.Failed ? LinkEa.New(buffer) : LinkEa.Read(buffer, length.Value);
    }

    /// <summary>One of the names of an object.</summary>
    /// <param name="o">Which.</param>
    /// <param name="number">0 for the first.</param>
    /// <param name="parent">The directory.</param>
    /// <param name="name">At least 255 bytes; gets the name.</param>
    /// <returns>The name's length. ENODATA: there is no such one.</returns>
    [SkipLocalsInit]
    internal static Result<int> GetLink(IDtObject o, int number, out Fid parent, Span<byte> name)
    {
        Span<byte> buffer = stackalloc byte[LinkEa.MaxSize];
        LinkEa links = ReadLinks(o, buffer);
        int offset = 0;
        while (links.TryNext(ref offset, out parent, out ReadOnlySpan<byte> found))
        {
            if (number-- > 0)
                continue;
            found.CopyTo(name);
            return found.Length;
        }
        parent = default;
        return Errno.ENODATA;
    }

    /// <summary>The directory an object is in: by "..", or the first of its names.</summary>
    internal static Result<Fid> ParentOf(IDtObject o)
    {
        if (o.Kind == DtObjectKind.Directory)
        {
            Errno error = o.Lookup(".."u8, out DtEntry entry);
            return error == Errno.OK ? entry.Fid : error;
        }
        Span<byte> name = stackalloc byte[MaxNameLength];
        Result<int> length = GetLink(o, 0, out Fid parent, name);
        return length.Failed ? length.Error : parent;
    }
}
