using Lustrous.Idl.Wire;

namespace Lustrous.Target.Clients;

/// <summary>What is kept of the reply to a modification, so that its resend is answered the same after a
/// restart.</summary>
public record struct ReplyRecord
{
    public ulong Xid;
    public ulong Transno;

    /// <summary>The operation's own: dispositions of an open.</summary>
    public ulong Data;

    /// <summary>Versions of the objects before the change; 0 of an object that was not there.</summary>
    public Array4<ulong> PreVersions;

    /// <summary>The client's slot; 0 for none, and after a restart.</summary>
    public ushort Tag;

    /// <summary>It closes a file.</summary>
    public bool IsClose;

    /// <summary>Sent before: says nothing about the slot's earlier request.</summary>
    public bool IsRepeated;
}
