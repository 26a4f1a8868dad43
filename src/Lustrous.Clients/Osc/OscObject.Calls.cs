using Lustrous.Clients.Lov;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osc;

// RPCs without data.
sealed partial class OscObject
{
    /// <summary>Cuts or extends the object, under a PW lock that the caller holds from the cut to the end.</summary>
    public async ValueTask<Errno> TruncateAsync(ulong size, CancellationToken cancel)
    {
        bool began = false;
        try
        {
            await BeginPunchAsync(size, cancel);
            began = true;
            using (_lock.Enter())
            {
                CutCache(size);
                _kms = size;
                _lvb.Size = size;
                _lvb.Blocks = Math.Min(_lvb.Blocks, (size + OscChunk.PageSize - 1) / OscChunk.PageSize * 8);
                Touch(modified: true);
            }
            Obdo attributes = PunchAttributes(size);
            return await CallAsync(RequestFormats.OstPunch, Portals.OST_IO_PORTAL, attributes, cancel);
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
        finally
        {
            if (began)
                EndPunch();
        }
    }

    /// <summary>Allocates, zeroes or frees a range, under a PW lock that the caller holds on it.</summary>
    public async ValueTask<Errno> FallocateAsync(
        FallocateMode mode, ulong start, ulong end, CancellationToken cancel)
    {
        bool isHole = (mode & (FallocateMode.PunchHole | FallocateMode.ZeroRange)) != 0;
        if (isHole)
        {
            if (await WriteOutAsync(start, end - 1, cancel) is var failed and not Errno.OK)
                return failed;
            DropClean(start, end - 1);
        }
        Obdo attributes;
        using (_lock.Enter())
        {
            attributes = IdAttributes();
            SetOwner(ref attributes);
            SetPlace(ref attributes);
            SetHandle(ref attributes, start);
        }
        attributes.Valid |= MdtValid.FLSIZE | MdtValid.FLBLOCKS;
        (attributes.Size, attributes.Blocks) = (start, end);
        attributes.Nlink = (uint)mode;      // o_falloc_mode
        Errno status = await CallAsync(RequestFormats.OstFallocate, Portals.OST_IO_PORTAL, attributes, cancel);
        if (isHole)
            DropClean(start, end - 1);
        if (status != Errno.OK)
            return status;
        using (_lock.Enter())
        {
            if ((mode & FallocateMode.KeepSize) == 0)
                _kms = Math.Max(_kms, end);
            Touch(modified: true);
        }
        return Errno.OK;
    }

    /// <summary>The next data or hole at or behind an offset; ENXIO for none. What is dirty is written first.</summary>
    public async ValueTask<Result<ulong>> SeekAsync(ulong offset, SeekWhence whence, CancellationToken cancel)
    {
        if (await WriteOutAsync(0, ulong.MaxValue, cancel) is var failed and not Errno.OK)
            return failed;
        Obdo attributes = IdAttributes();
        attributes.Valid |= MdtValid.FLSIZE;
        attributes.Size = offset;
        attributes.Mode = (uint)whence;
        using PtlrpcRequest request = Device.Import.NewRequest(RequestFormats.OstSeek);
        request.Set(Rmf.OstBody, new OstBody { Attributes = attributes });
        if (await request.SendAsync(cancel) is var status and not Errno.OK)
            return status;
        if (request.Get(Rmf.OstBody) is not { Failed: false, Value.Attributes: var reply })
            return Errno.EPROTO;
        // The OST gives a negative offset for an error of its own.
        return (long)reply.Size < 0 ? Errno.ENXIO : reply.Size;
    }

    /// <summary>Times and owner. A write under way that brings an older time does not undo them: an OST takes times of
    /// requests in the order in which they were made (<c>ofd_fmd</c>).</summary>
    public async ValueTask<Errno> SetattrAsync(LovSetattr wanted, CancellationToken cancel)
    {
        Obdo attributes = IdAttributes();
        using (_lock.Enter())
        {
            if (wanted.Mtime is { } mtime)
                (_lvb.Mtime, _lvb.MtimeNs) = (mtime, 0);
            if (wanted.Atime is { } atime)
                (_lvb.Atime, _lvb.AtimeNs) = (atime, 0);
            if (wanted.Ctime is { } ctime)
                (_lvb.Ctime, _lvb.CtimeNs) = (ctime, 0);
            _isUnsynced = true;
            SetPlace(ref attributes);
        }
        Fill(ref attributes, wanted);
        return await CallAsync(RequestFormats.OstSetattr, 0, attributes, cancel);
    }

    /// <summary>Waits until the OST has it all on disk; nothing to ask when it has.</summary>
    public async ValueTask<Errno> SyncAsync(ulong start, ulong end, CancellationToken cancel)
    {
        bool asks;
        using (_lock.Enter())
        {
            asks = _isUnsynced;
            if (start == 0 && end == ulong.MaxValue)
                _isUnsynced = false;
        }
        if (!asks)
            return Errno.OK;
        Obdo attributes = IdAttributes();
        attributes.Valid |= MdtValid.FLSIZE | MdtValid.FLBLOCKS;
        (attributes.Size, attributes.Blocks) = (start, end);
        Errno status = await CallAsync(RequestFormats.OstSync, 0, attributes, cancel);
        if (status != Errno.OK)
        {
            using (_lock.Enter())
                _isUnsynced = true;
        }
        return status;
    }

    static void Fill(ref Obdo attributes, in LovSetattr wanted)
    {
        if (wanted.Mtime is { } mtime)
        {
            attributes.Valid |= MdtValid.FLMTIME;
            attributes.Mtime = mtime;
        }
        if (wanted.Atime is { } atime)
        {
            attributes.Valid |= MdtValid.FLATIME;
            attributes.Atime = atime;
        }
        if (wanted.Ctime is { } ctime)
        {
            attributes.Valid |= MdtValid.FLCTIME;
            attributes.Ctime = ctime;
        }
        if (wanted.Uid is { } uid)
        {
            attributes.Valid |= MdtValid.FLUID;
            attributes.Uid = uid;
        }
        if (wanted.Gid is { } gid)
        {
            attributes.Valid |= MdtValid.FLGID;
            attributes.Gid = gid;
        }
        if (wanted.ProjectId is { } project)
        {
            attributes.Valid |= MdtValid.FLPROJID;
            attributes.ProjectId = project;
        }
    }

    /// <summary>Stops writes behind the cut, and waits for what is under way there.</summary>
    async ValueTask BeginPunchAsync(ulong size, CancellationToken cancel)
    {
        while (true)
        {
            Task progress;
            using (_lock.Enter())
            {
                if (_punchStart == ulong.MaxValue && !HasBusy(size))
                {
                    _punchStart = size;
                    return;
                }
                progress = Progress();
            }
            await progress.WaitAsync(cancel);
        }
    }

    void EndPunch()
    {
        TaskCompletionSource? progress;
        using (_lock.Enter())
        {
            _punchStart = ulong.MaxValue;
            _isUnsynced = true;
            progress = TakeProgress();
        }
        progress?.SetResult();
    }

    bool HasBusy(ulong start)
    {
        for (int i = _chunks.LowerBound(start >> OscChunk.Shift); i < _chunks.Count; i++)
        {
            if (((_chunks[i].Writing | _chunks[i].Reading) & _chunks[i].MaskOfRange(start, ulong.MaxValue)) != 0)
                return true;
        }
        return false;
    }

    void CutCache(ulong size)
    {
        ulong whole = (size + OscChunk.PageSize - 1) & ~(OscChunk.PageSize - 1UL);
        DropAll(whole, ulong.MaxValue);
        int from = (int)(size & (OscChunk.Size - 1));
        int end = (int)((from + OscChunk.PageSize - 1) & ~(OscChunk.PageSize - 1));
        if (from == end || _chunks.Find(size >> OscChunk.Shift) is not { Buffer: { } buffer } chunk)
            return;
        ulong page = 1UL << (from >> OscChunk.PageShift);
        if ((chunk.Valid & page) != 0)
            buffer.Span[from..end].Clear();
        if (chunk.Part.Mask != page)
            return;
        if (chunk.Part.From >= from)
            DropAll(size & ~(OscChunk.PageSize - 1UL), whole - 1);
        else
            SetPart(chunk, chunk.Part.CutAt(from));
    }

    Obdo PunchAttributes(ulong size)
    {
        Obdo attributes;
        using (_lock.Enter())
        {
            attributes = IoAttributes(size, isWrite: true);
        }
        attributes.Valid |= MdtValid.FLSIZE | MdtValid.FLBLOCKS;
        (attributes.Size, attributes.Blocks) = (size, ulong.MaxValue);
        return attributes;
    }

    async ValueTask<Errno> CallAsync(
        RequestFormat format, uint portal, Obdo attributes, CancellationToken cancel)
    {
        using PtlrpcRequest request = Device.Import.NewRequest(format);
        if (portal != 0)
            request.RequestPortal = portal;
        request.SetSize(Rmf.Capa1, 0);
        request.Set(Rmf.OstBody, new OstBody { Attributes = attributes });
        if (await request.SendAsync(cancel) is var status and not Errno.OK)
            return status;
        return request.Get(Rmf.OstBody).Error;
    }
}
