using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

/// <summary>An open under way.</summary>
sealed class OpenState(ServerEnqueue enqueue, MdtRecCreate record, MddContext context)
{
    public ServerEnqueue Enqueue { get; } = enqueue;

    public ServerRequest Request => Enqueue.Request;

    public MdtRecCreate Record { get; } = record;

    public MdsOpenFlags Flags { get; } = record.Flags;

    public MddContext Context { get; } = context;

    /// <summary>The directory; null for an open by FID.</summary>
    public IDtObject? Parent { get; set; }

    /// <summary>What is opened; null until it is known.</summary>
    public IDtObject? Child { get; set; }

    public DtAttributes Attributes { get; set; }

    /// <summary>Made by this open.</summary>
    public bool IsCreated { get; set; }

    /// <summary>Objects reserved for it, as long as no file has them.</summary>
    public LodLayout? Layout { get; set; }

    /// <summary>The lock that the client gets; 0 or one.</summary>
    public ServerLock? Lock { get; set; }

    public LustreHandle Handle { get; set; }

    /// <summary>The file had no layout before this open: what is told of its size is certain.</summary>
    public bool MakesLayout { get; set; }

    /// <summary>Sent again to a target that has been restarted: it was allowed and done in the former life.</summary>
    public bool IsReplay => (Request.Flags & MsgFlags.REPLAY) != 0;

    /// <summary>Of the open that is replayed, in the former life.</summary>
    public LustreHandle OldHandle => IsReplay ? Record.OpenHandleOld : default;

    public bool IsByFid => (Flags & MdsOpenFlags.BY_FID) != 0;

    public bool Has(MdsOpenFlags flag) => (Flags & flag) != 0;

    /// <summary>Whether a file without objects gets them now: somebody means to write, or says which
    /// (md_should_create).</summary>
    public bool ShouldCreateData => !IsReplay && !Has(MdsOpenFlags.DELAY_CREATE)
        && (Has(MdsOpenFlags.FMODE_WRITE) || Has(MdsOpenFlags.HAS_EA)) && !Has(MdsOpenFlags.LEASE);

    public void Add(Dispositions dispositions) => Enqueue.Dispositions |= dispositions;

    public void Remove(Dispositions dispositions) => Enqueue.Dispositions &= ~dispositions;
}
