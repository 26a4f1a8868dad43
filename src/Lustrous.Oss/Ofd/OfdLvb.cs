using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Oss.Ofd;

/// <summary>
/// The value block of an object's locks: size, times and blocks, as far as they are known here or were told by those
/// who write (<c>ofd_lvbo</c>).
/// </summary>
/// <remarks>Source: lustre/ofd/ofd_lvb.c.</remarks>
sealed class OfdLvb(IDtDevice device, uint ostIndex) : ILdlmLvbOps
{
    public Errno Init(ServerResource resource)
    {
        if (resource.LvbData is not null)
            return Errno.OK;
        Errno status = GetAttributes(resource, out DtAttributes attributes);
        if (status != Errno.OK)
            return status;
        resource.LvbData = new Block(ToLvb(attributes));
        return Errno.OK;
    }

    public int Size(ServerLock granted) =>
        Supports56Bytes(granted) ? Unsafe.SizeOf<OstLvb>() : Unsafe.SizeOf<OstLvbV1>();

    public int Fill(ServerLock granted, Span<byte> buffer)
    {
        if (granted.Resource.LvbData is not Block block)
            return 0;
        // Without LVB_TYPE the block ends before the nanoseconds.
        OstLvb value = block.Value;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<OstLvb>(in value));
        int length = Math.Min(Size(granted), buffer.Length);
        bytes[..length].CopyTo(buffer);
        return length;
    }

    public void Update(ServerResource resource, ReadOnlySpan<byte> fromClient, bool increaseOnly)
    {
        if (resource.LvbData is not Block block)
            return;
        if (fromClient.Length >= Unsafe.SizeOf<OstLvbV1>())
        {
            OstLvb told = default;
            int length = Math.Min(fromClient.Length, Unsafe.SizeOf<OstLvb>());
            fromClient[..length].CopyTo(MemoryMarshal.AsBytes(new Span<OstLvb>(ref told)));
            // An error instead of values: the client no longer has the object (OST_LVB_IS_ERR).
            if ((told.Blocks & OstConst.LVB_ERR_MASK) != OstConst.LVB_ERR_MASK)
                block.Merge(told, increaseOnly);
        }
        // What a client told does not lower what is on disk by now: it may have written since.
        if (GetAttributes(resource, out DtAttributes attributes) == Errno.OK)
            block.Merge(ToLvb(attributes), increaseOnly);
    }

    public void Free(ServerResource resource) => resource.LvbData = null;

    /// <summary>What is known of an object whose resource is in use.</summary>
    public static bool TryGet(ServerResource? resource, out OstLvb value)
    {
        value = resource?.LvbData is Block block ? block.Value : default;
        return resource?.LvbData is Block;
    }

    static bool Supports56Bytes(ServerLock granted) => granted.Export?.Supports(ConnectFlags.LVB_TYPE) ?? false;

    static OstLvb ToLvb(in DtAttributes attributes) => new()
    {
        Size = attributes.Size,
        Blocks = attributes.Blocks,
        Mtime = attributes.ModifyTime,
        Atime = attributes.AccessTime,
        Ctime = attributes.ChangeTime,
    };

    Errno GetAttributes(ServerResource resource, out DtAttributes attributes)
    {
        attributes = default;
        Result<Fid> fid = resource.Name.ToOstFid(ostIndex);
        if (fid.Failed)
            return Errno.ENOENT;
        Result<IDtObject> found = device.Find(fid.Value);
        return found.Failed ? found.Error : found.Value.GetAttributes(out attributes);
    }

    sealed class Block(OstLvb value)
    {
        readonly RankedLock _lock = new(6, "lr_lvb");
        OstLvb _value = value;      // guarded by _lock

        public OstLvb Value
        {
            get
            {
                using (_lock.Enter())
                    return _value;
            }
        }

        public void Merge(in OstLvb other, bool increaseOnly)
        {
            using (_lock.Enter())
            {
                if (!increaseOnly)
                {
                    _value = other;
                    return;
                }
                _value.Size = Math.Max(_value.Size, other.Size);
                _value.Blocks = Math.Max(_value.Blocks, other.Blocks);
                _value.Mtime = Math.Max(_value.Mtime, other.Mtime);
                _value.Atime = Math.Max(_value.Atime, other.Atime);
                _value.Ctime = Math.Max(_value.Ctime, other.Ctime);
            }
        }
    }
}
