namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>What we tell the kernel unasked (<c>enum fuse_notify_code</c>).</summary>
public enum FuseNotifyCode
{
    Poll = 1,
    InvalInode = 2,
    InvalEntry = 3,
    Store = 4,
    Retrieve = 5,
    Delete = 6,
    Resend = 7,
    IncEpoch = 8,          // Linux 6.16: every name is asked for again
    Prune = 9,
}
