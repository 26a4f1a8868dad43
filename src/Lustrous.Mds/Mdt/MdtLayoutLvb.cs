using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Server;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdt;

/// <summary>The value block of a metadata target's locks: whoever gets the LAYOUT bit gets the file's layout with
/// it.</summary>
/// <remarks>Source: lustre/mdt/mdt_lvb.c.</remarks>
sealed class MdtLayoutLvb(MdtDevice mdt) : ILdlmLvbOps
{
    public Errno Init(ServerResource resource) => Errno.OK;

    public int Size(ServerLock granted)
    {
        ArgumentNullException.ThrowIfNull(granted);
        if (!HasLayout(granted))
            return 0;
        Result<int> length = Object(granted).GetXattr(DtXattr.Lov, default);
        return length.Failed ? 0 : length.Value;
    }

    public int Fill(ServerLock granted, Span<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(granted);
        if (!HasLayout(granted) || buffer.IsEmpty)
            return 0;
        Result<int> length = Object(granted).GetXattr(DtXattr.Lov, buffer);
        return length.Failed ? 0 : length.Value;
    }

    public void Update(ServerResource resource, ReadOnlySpan<byte> fromClient, bool increaseOnly)
    {
        // The layout is in the file itself.
    }

    public void Free(ServerResource resource)
    {
        // Nothing is kept.
    }

    static bool HasLayout(ServerLock granted) =>
        granted.Resource.Type == LockType.Ibits && (granted.Policy.InodeBits.Bits & InodeBits.LAYOUT) != 0;

    IDtObject Object(ServerLock granted) => mdt.Storage.Locate(granted.Resource.Name.ToFid());
}
