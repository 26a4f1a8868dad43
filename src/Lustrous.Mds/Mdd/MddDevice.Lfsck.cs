using System.Runtime.CompilerServices;
using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// What a check of the name space looks at and puts right, one change in a transaction of its own. Its caller holds the
// locks of what is changed.
public sealed partial class MddDevice
{
    /// <summary>Whether an object knows a name of its own; one whose list was once full may not.</summary>
    [SkipLocalsInit]
    internal static bool HasLink(IDtObject o, Fid parent, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[LinkEa.MaxSize];
        LinkEa links = ReadLinks(o, buffer);
        int offset = 0;
        while (links.TryNext(ref offset, out Fid found, out ReadOnlySpan<byte> itsName))
        {
            if (found == parent && itsName.SequenceEqual(name))
                return true;
        }
        return links.HasOverflowed;
    }

    /// <summary>The names that an object knows.</summary>
    /// <param name="o">Which.</param>
    /// <param name="isWhole">It knows all that it has.</param>
    [SkipLocalsInit]
    internal static List<(Fid Parent, byte[] Name)> LinksOf(IDtObject o, out bool isWhole)
    {
        Span<byte> buffer = stackalloc byte[LinkEa.MaxSize];
        LinkEa links = ReadLinks(o, buffer);
        var found = new List<(Fid Parent, byte[] Name)>();
        int offset = 0;
        while (links.TryNext(ref offset, out Fid parent, out ReadOnlySpan<byte> name))
            found.Add((parent, name.ToArray()));
        isWhole = !links.HasOverflowed;
        return found;
    }

    /// <summary>Makes a name in a directory stand for an object.</summary>
    /// <param name="directory">Which.</param>
    /// <param name="name">Which.</param>
    /// <param name="entry">What it is to stand for.</param>
    /// <param name="isThere">It stands for something already.</param>
    internal Errno SetName(IDtObject directory, ReadOnlySpan<byte> name, in DtEntry entry, bool isThere)
    {
        DtTransaction tx = _transactions.Begin(null);
        Errno error = isThere ? Errno.OK : tx.DeclareInsert(name.Length);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = isThere ? directory.Replace(tx, name, entry) : directory.Insert(tx, name, entry);
        tx.Stop(error);
        return error;
    }

    /// <summary>Adds a name to those that an object knows, or takes it out.</summary>
    internal Errno SetLink(IDtObject o, Fid parent, ReadOnlySpan<byte> name, bool isThere)
    {
        DtTransaction tx = _transactions.Begin(null);
        Errno error = isThere ? tx.DeclareXattr(LinkEa.MaxSize) : Errno.OK;
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK && isThere)
            ChangeLinks(tx, o, default, default, parent, name);
        else if (error == Errno.OK)
            ChangeLinks(tx, o, parent, name, default, default);
        tx.Stop(error);
        return error;
    }

    internal Errno SetNlink(IDtObject o, uint links)
    {
        DtTransaction tx = _transactions.Begin(null);
        Errno error = tx.Start();
        if (error == Errno.OK)
            error = o.SetAttributes(tx, new DtAttributes { Valid = DtValid.Nlink, Nlink = links });
        tx.Stop(error);
        return error;
    }
}
