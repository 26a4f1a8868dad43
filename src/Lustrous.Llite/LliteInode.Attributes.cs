using Lustrous.Clients.Lmv;
using Lustrous.Clients.Lov;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;

namespace Lustrous.Llite;

// What is known of the object, and under which locks. Source: ll_update_inode, ll_merge_attr in lustre/llite.
public sealed partial class LliteInode
{
    /// <summary>Attributes are whole under these (mdc_revalidate_lock).</summary>
    internal const InodeBits AttributeBits = InodeBits.UPDATE | InodeBits.PERM;

    const InodeBits PermissionBits = InodeBits.PERM;

    int _kernelHasAttributes;       // the kernel may keep attributes until told

    /// <summary>Takes what a reply tells; the reply's lock, if any, is still held.</summary>
    internal void Update(MdAnswer answer)
    {
        ref readonly MdtBody body = ref answer.Body;
        LovObject? opened = null;
        using (_lock.Enter())
        {
            Merge(body);
            if ((body.Valid & MdtValid.FLACL) != 0)
                _acl = answer.Acl;
            if (IsDirectory)
                SetStripes(answer);
            bool hasLayout = (body.Valid & MdtValid.FLEASIZE) != 0 && answer.Layout.Length > 0;
            if (!IsRegular || !hasLayout || answer.Layout.AsSpan().SequenceEqual(_layout))
                return;
            _layout = answer.Layout;
            opened = _data;
        }
        if (opened is null)
            OpenData(answer.Layout);
        else
            ChangeLayout(opened, answer.Layout);
    }

    /// <summary>What the stripes of a directory tell together, in the place of what it knows itself (lmv_merge_attr).
    /// </summary>
    internal void MergeStripes(in LliteAttributes sum)
    {
        using (_lock.Enter())
        {
            _attributes.Size = sum.Size;
            _attributes.Blocks = sum.Blocks;
            _attributes.Nlink = sum.Nlink;
            _attributes.Mtime = Math.Max(_attributes.Mtime, sum.Mtime);
            _attributes.Ctime = Math.Max(_attributes.Ctime, sum.Ctime);
            _attributes.Atime = Math.Max(_attributes.Atime, sum.Atime);
        }
    }

    /// <summary>Under the lock. An answer with attributes of a directory tells its layout too, if it has one.</summary>
    void SetStripes(MdAnswer answer)
    {
        const MdtValid Whole = MdtValid.FLMODE | MdtValid.FLTYPE;
        if ((answer.Body.Valid & Whole) != Whole)
            return;
        ReadOnlySpan<byte> ea = (answer.Body.Valid & MdtValid.MEA) != 0 ? answer.Layout : [];
        _stripesError = LmvLayout.Parse(ea, out LmvLayout? stripes);
        Volatile.Write(ref _stripes, stripes);
        if (_stripesError != Errno.OK)
            _mount.Context.Log.Error("llite", $"{Fid}: directory layout not understood: {_stripesError}");
    }

    /// <summary>Attributes of a reply without a lock: what was told under one meanwhile is newer.</summary>
    internal void Update(in MdtBody body)
    {
        using (_lock.Enter())
        {
            if (!_hasAttributes || !Covers(AttributeBits))
                Merge(body);
        }
    }

    /// <summary>
    /// Attributes as known under locks; false when a server must be asked. What comes is right at this moment and may
    /// be kept by the kernel until told otherwise.
    /// </summary>
    internal bool TryGetCached(out LliteAttributes attributes)
    {
        using (_lock.Enter())
        {
            attributes = _attributes;
            if (!_hasAttributes || !Covers(AttributeBits))
                return false;
        }
        if (Data is not { } data)
            return true;
        if (!IsLayoutKnown || !data.TryGetAttributes(out LovAttributes known) || !known.IsLocked)
            return false;
        Merge(ref attributes, known);
        return true;
    }

    /// <summary>The metadata half only: for regular files size, blocks and times are as of last.</summary>
    internal bool TryGetMetadata(out LliteAttributes attributes)
    {
        using (_lock.Enter())
        {
            attributes = _attributes;
            return _hasAttributes && Covers(AttributeBits);
        }
    }

    /// <summary>Remembers what the objects told, for answers that may be old, and returns the whole.</summary>
    internal LliteAttributes Remember(in LovAttributes known)
    {
        using (_lock.Enter())
        {
            LliteAttributes merged = _attributes;
            Merge(ref merged, known);
            (_attributes.Size, _attributes.Blocks) = (merged.Size, merged.Blocks);
            return merged;
        }
    }

    /// <summary>The kernel keeps what it was told until <see cref="IKernelCache"/> takes it back.</summary>
    internal void NoteKernelAttributes() => Volatile.Write(ref _kernelHasAttributes, 1);

    // The newer of what MDT and OSTs say; a time that was set back was set back on both.
    static void Merge(ref LliteAttributes attributes, in LovAttributes known)
    {
        attributes.Size = known.Size;
        attributes.Blocks = known.Blocks;
        attributes.Mtime = Math.Max(attributes.Mtime, known.Mtime);
        attributes.Ctime = Math.Max(attributes.Ctime, known.Ctime);
        attributes.Atime = Math.Max(attributes.Atime, known.Atime);
    }

    void Merge(in MdtBody body)
    {
        _attributes.Fid = Fid;
        _attributes.BlockSize = _mount.BlockSize;
        MdtValid valid = body.Valid;
        if ((valid & MdtValid.FLTYPE) != 0)
        {
            Type = body.Mode & FileType.Mask;
            _attributes.Mode = Type | (_attributes.Mode & ~FileType.Mask);
        }
        if ((valid & MdtValid.FLMODE) != 0)
            _attributes.Mode = (_attributes.Mode & FileType.Mask) | (body.Mode & ~FileType.Mask);
        if ((valid & MdtValid.FLUID) != 0)
            _attributes.Uid = body.Uid;
        if ((valid & MdtValid.FLGID) != 0)
            _attributes.Gid = body.Gid;
        if ((valid & MdtValid.FLNLINK) != 0)
            _attributes.Nlink = body.Nlink;
        if ((valid & MdtValid.FLRDEV) != 0)
            _attributes.Rdev = body.Rdev;
        if ((valid & MdtValid.FLFLAGS) != 0)
            _attributes.Flags = (uint)body.Flags;
        if ((valid & MdtValid.FLPROJID) != 0)
            _attributes.ProjectId = body.ProjectId;
        NoteOwnership();
        if ((valid & MdtValid.FLATIME) != 0)
            _attributes.Atime = body.Atime;
        if ((valid & MdtValid.FLMTIME) != 0)
            _attributes.Mtime = body.Mtime;
        if ((valid & MdtValid.FLCTIME) != 0)
            _attributes.Ctime = body.Ctime;
        if ((valid & MdtValid.FLBTIME) != 0)
            _attributes.Btime = (long)body.Btime;
        // Of a file with objects the MDT's size is a guess at most (LSOM); it serves until the objects are asked.
        bool isGuess = IsRegular && _data is not null;
        if ((valid & MdtValid.FLSIZE) != 0 && !isGuess)
            _attributes.Size = body.Size;
        if ((valid & MdtValid.FLBLOCKS) != 0 && !isGuess)
            _attributes.Blocks = body.Blocks;
        _hasAttributes |= (valid & MdtValid.FLMODE) != 0;
    }
}
