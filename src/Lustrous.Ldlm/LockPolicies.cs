using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm;

/// <summary>Makes the policy data of lock requests.</summary>
public static class LockPolicies
{
    /// <summary>The end of any object (<c>OBD_OBJECT_EOF</c>).</summary>
    public const ulong EndOfObject = ulong.MaxValue;

    public static LdlmPolicyData None => default;

    /// <summary>Bytes from <paramref name="start"/> to <paramref name="end"/>, both included.</summary>
    public static LdlmPolicyData Extent(ulong start, ulong end, ulong groupId = 0) =>
        new() { Extent = new LdlmExtent { Start = start, End = end, GroupId = groupId } };

    /// <summary>Bytes of a file for one owner: an open file, or a process.</summary>
    public static LdlmPolicyData Flock(in FileLock range) => new()
    {
        Flock = new LdlmFlockWire { Start = range.Start, End = range.End, Owner = range.Owner, Pid = range.Pid },
    };

    /// <summary>All of an object.</summary>
    public static LdlmPolicyData WholeObject => Extent(0, EndOfObject);

    /// <summary>Parts of an inode; those of <paramref name="tryBits"/> only where nobody else holds them.</summary>
    public static LdlmPolicyData Bits(InodeBits bits, InodeBits tryBits = 0) =>
        new() { InodeBits = new LdlmInodeBits { Bits = bits, TryOrCancelBits = tryBits } };
}
