using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;

namespace Lustrous.Clients.Mdc;

/// <summary>What an MDT shall do, as far as its kind has it (<c>struct md_op_data</c>).</summary>
public readonly record struct MdOperation
{
    public MdOperation()
    {
    }

    /// <summary>The object; of operations by name the directory.</summary>
    public required Fid Fid1 { get; init; }

    /// <summary>The child, the new object or the second directory.</summary>
    public Fid Fid2 { get; init; }

    /// <summary>The object that a name leads to now, where the client knows: its locks are given up along
    /// (op_fid3).</summary>
    public Fid Victim { get; init; }

    /// <summary>What a rename replaces, where the client knows (op_fid4).</summary>
    public Fid Replaced { get; init; }

    public ReadOnlyMemory<byte> Name { get; init; }

    public ReadOnlyMemory<byte> NewName { get; init; }

    public required MdCredentials Caller { get; init; }

    /// <summary>Type and permissions.</summary>
    public uint Mode { get; init; }

    public uint Rdev { get; init; }

    /// <summary>Seconds: what the times become.</summary>
    public long Time { get; init; }

    public MdsOpenFlags OpenFlags { get; init; }

    public MdsOpBias Bias { get; init; }

    /// <summary>Version of the directory's layout that the place for a new name was found with; 0 where that is not
    /// told.</summary>
    public uint LayoutVersion { get; init; }

    /// <summary>A layout, a symbolic link's target, an attribute's value.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }
}
