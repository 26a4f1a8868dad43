using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Ldlm.Client;

namespace Lustrous.Clients.Mdc;

/// <summary>What an MDT told of an object, and the lock that came along.</summary>
public sealed class MdAnswer
{
    MdtBody _body;

    internal MdAnswer(in MdtBody body) => _body = body;

    /// <summary>Attributes, those of <see cref="MdtBody.Valid"/>.</summary>
    public ref readonly MdtBody Body => ref _body;

    /// <summary>Layout EA of a file, or of a striped directory; empty when it came without.</summary>
    public byte[] Layout { get; internal set; } = [];

    /// <summary>Access ACL as the xattr; empty when it has none.</summary>
    public byte[] Acl { get; internal set; } = [];

    /// <summary>Held with one reference, which <see cref="ReleaseLock"/> gives back; null without a lock.</summary>
    public ClientLock? Lock { get; set; }

    public Dispositions Dispositions { get; internal set; }

    /// <summary>Of an open: what close needs.</summary>
    public MdOpenHandle? Open { get; internal set; }

    /// <summary>There is no such name; <see cref="Body"/> is empty.</summary>
    public bool IsNegative { get; internal init; }

    /// <summary>The name leads to an object of another MDT, which alone knows it: only its FID is told
    /// (<c>OBD_MD_MDS</c>). Of a change: it is that MDT's to make.</summary>
    public bool IsRemote => (_body.Valid & MdtValid.MDS) != 0;

    /// <summary>The open made the file.</summary>
    public bool IsCreated => (Dispositions & Dispositions.OPEN_CREATE) != 0;

    /// <summary>The lock may go once others want it.</summary>
    public void ReleaseLock()
    {
        if (Lock is { } held)
            held.Release(held.GrantedMode);
        Lock = null;
    }
}
