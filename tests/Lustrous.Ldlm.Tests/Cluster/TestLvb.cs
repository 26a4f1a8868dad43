using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>Sizes of objects, as an OST keeps them.</summary>
sealed class TestLvb : ILdlmLvbOps
{
    /// <summary>What is on the disk, by the first word of the resource's name.</summary>
    public Dictionary<ulong, ulong> Sizes { get; } = [];

    /// <summary>Resources that may not be locked: their objects are gone.</summary>
    public HashSet<ulong> Missing { get; } = [];

    public int Loaded { get; private set; }

    public int Freed { get; private set; }

    public Errno Init(ServerResource resource)
    {
        if (Missing.Contains(resource.Name.Name[0]))
            return Errno.ENOENT;
        resource.LvbData = new Block { Value = new OstLvb { Size = Sizes.GetValueOrDefault(resource.Name.Name[0]) } };
        Loaded++;
        return Errno.OK;
    }

    public int Size(ServerLock granted) =>
        granted.Resource.Type == LockType.Extent ? Unsafe.SizeOf<OstLvb>() : 0;

    public int Fill(ServerLock granted, Span<byte> buffer)
    {
        MemoryMarshal.Write(buffer, ((Block)granted.Resource.LvbData!).Value);
        return Unsafe.SizeOf<OstLvb>();
    }

    public void Update(ServerResource resource, ReadOnlySpan<byte> fromClient, bool increaseOnly)
    {
        var block = (Block)resource.LvbData!;
        ulong size = fromClient.IsEmpty
            ? Sizes.GetValueOrDefault(resource.Name.Name[0])
            : MemoryMarshal.Read<OstLvb>(fromClient).Size;
        block.Value.Size = increaseOnly ? Math.Max(block.Value.Size, size) : size;
    }

    public void Free(ServerResource resource) => Freed++;

    sealed class Block
    {
        public OstLvb Value;
    }
}
