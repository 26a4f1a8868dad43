using Lustrous.Idl.LNet;

namespace Lustrous.LNet;

/// <summary>
/// A process on a node (<c>struct lnet_processid</c>). Lustre's own is always <see cref="LustrePid"/>.
/// </summary>
public readonly record struct LNetProcessId(Nid Nid, uint Pid)
{
    /// <summary><c>LNET_PID_LUSTRE</c></summary>
    public const uint LustrePid = 12345;

    /// <summary><c>LNET_PID_ANY</c></summary>
    public const uint AnyPid = uint.MaxValue;

    /// <summary>Set in the pid of a peer that dialled from an unreserved port (<c>LNET_PID_USERFLAG</c>).</summary>
    public const uint UserFlag = 0x80000000;

    public static LNetProcessId Any { get; } = new(Nid.Any, AnyPid);

    public override string ToString() => $"{Pid}-{Nid}";
}
