using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>
/// A client without any cache: writes requests by hand, notes the locks it gets, and gives them back when it is told
/// to.
/// </summary>
sealed partial class MdtClient : IServiceHandler
{
    readonly Simulation.Simulation _sim;
    readonly SimNode _node;
    readonly LNetProcessId _server;
    readonly int _number;
    PtlrpcNode _ptlrpc = null!;
    Service _callbacks = null!;
    uint _nextObject = 1;
    ulong _nextLock = 1;
    bool _isStopped;

    public MdtClient(Simulation.Simulation sim, SimNode node, LNetProcessId server, int number)
    {
        _sim = sim;
        _node = node;
        _server = server;
        _number = number;
    }

    public Import Import { get; private set; } = null!;

    public SimNode Node => _node;

    /// <summary>Locks we have, by our own cookie.</summary>
    public Dictionary<ulong, HeldLock> Locks { get; } = [];

    /// <summary>Locks that the server has asked back, in order.</summary>
    public List<HeldLock> Blocked { get; } = [];

    /// <summary>Keeps locks that are asked back.</summary>
    public bool KeepsLocks { get; set; }

    /// <summary>Who asks.</summary>
    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public uint Umask { get; set; }

    public uint SupplementaryGid { get; set; } = uint.MaxValue;

    /// <summary>Seconds since 1970 that requests carry.</summary>
    public long Time { get; set; } = 1_700_000_000;

    static ConnectFlags Flags =>
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.FID | ConnectFlags.ATTRFID | ConnectFlags.IBITS
        | ConnectFlags.NODEVOH | ConnectFlags.BRW_SIZE | ConnectFlags._64BITHASH | ConnectFlags.CANCELSET
        | ConnectFlags.LVB_TYPE | ConnectFlags.LAYOUTLOCK | ConnectFlags.FLAGS2 | ConnectFlags.XATTR
        | ConnectFlags.MAX_EASIZE | ConnectFlags.UMASK | ConnectFlags.OPEN_BY_FID | ConnectFlags.DISP_STRIPE
        | ConnectFlags.MULTIMODRPCS | ConnectFlags.BULK_MBITS | ConnectFlags.AT | ConnectFlags.ACL;

    public Task StartAsync() => _node.RunAsync(async () =>
    {
        _ptlrpc = new PtlrpcNode(_node.LNet);
        _callbacks = new Service(
            _node.LNet, LdlmServices.Callback(PtlrpcOptions.Default), this, new ExportTable(_node.Context));
        Assert.Equal(Errno.OK, _callbacks.Start());
        Import = new Import(_ptlrpc, new ImportOptions
        {
            DeviceName = $"lustre-MDT0000-mdc-{_number}",
            TargetUuid = MdtWorld.TargetUuid,
            ClientUuid = $"client-{_number}",
            Peers = [_server],
            ConnectOpcode = (uint)MdsOpcode.Connect,
            RequestPortal = Portals.MDS_REQUEST_PORTAL,
            ReplyPortal = Portals.MDC_REPLY_PORTAL,
            LocalHandle = 0xC11E0000UL + (ulong)_number,
            ConnectData = new ObdConnectData
            {
                ConnectFlags = Flags,
                ConnectFlags2 = ConnectFlags2.REP_MBITS,
                InodeBitsKnown = InodeBitsMasks.FULL,
                BrwSize = 1 << 20,
                MaxModifyRpcs = 8,
            },
        });
        Assert.Equal(Errno.OK, await Import.ConnectAsync(default));
    });

    public Task StopAsync() => _node.IsUp && !_isStopped
        ? _node.RunAsync(async () =>
        {
            _isStopped = true;
            await Import.DisposeAsync();
            await _callbacks.DisposeAsync();
            await _sim.SettledAsync();
            _ptlrpc.Dispose();
        })
        : Task.CompletedTask;

    /// <summary>A FID of our own sequence.</summary>
    public Fid NewFid() => new(FidSeq.NORMAL + (ulong)_number, _nextObject++);

    /// <summary>Does something on this node.</summary>
    public async Task<T> OnAsync<T>(Func<Task<T>> body) => await _node.Host.RunAsync(body);

    TestRequest New(
        RequestFormat format, uint portal = Portals.MDS_REQUEST_PORTAL, uint replyPortal = Portals.MDC_REPLY_PORTAL)
    {
        PtlrpcRequest request = Import.NewRequest(format);
        request.RequestPortal = portal;
        request.ReplyPortal = replyPortal;
        return new TestRequest(request);
    }

    public ValueTask<Errno> HandleAsync(ServerRequest request, CancellationToken cancel)
    {
        bool completes = request.Opcode == (uint)LdlmOpcode.CpCallback;
        request.Capsule.SetFormat(completes ? RequestFormats.LdlmCpCallback : RequestFormats.LdlmBlCallback);
        if (!request.Capsule.TryGet(Rmf.DlmReq, MessageSide.Request, out LdlmRequest body))
            return new(Errno.EPROTO);
        ReadOnlySpan<byte> tail =
            request.Capsule.GetBytes(Rmf.DlmReq, MessageSide.Request)[Unsafe.SizeOf<LdlmRequest>()..];
        ulong own = MemoryMarshal.Read<LustreHandle>(tail).Cookie;
        if (!Locks.TryGetValue(own, out HeldLock? held))
            return new(Errno.EINVAL);
        held.IsGranted = true;
        bool isBlocked = !completes || ((LockFlags)body.Flags & LockFlags.AST_SENT) != 0;
        if (isBlocked)
        {
            Blocked.Add(held);
            if (!KeepsLocks)
                _ = CancelAsync(held);
        }
        return new(Errno.OK);
    }

    public bool IsHighPriority(ServerRequest request) => false;

    /// <summary>Gives a lock back.</summary>
    public async Task CancelAsync(HeldLock held)
    {
        if (!Locks.Remove(held.Own))
            return;
        using TestRequest request = New(
            RequestFormats.LdlmCancel, Portals.LDLM_CANCEL_REQUEST_PORTAL, Portals.LDLM_CANCEL_REPLY_PORTAL);
        SetLockRequest(request, new LdlmRequest { Count = 1 }, held.Server);
        await request.SendAsync(default);
    }

    static void SetLockRequest(TestRequest request, LdlmRequest body, ulong handle)
    {
        request.Set(Rmf.DlmReq, body);
        request.Later(() => MemoryMarshal.Write(
            request.Capsule.GetBytes(Rmf.DlmReq, MessageSide.Request)[Unsafe.SizeOf<LdlmRequest>()..], handle));
    }

    /// <summary>An enqueue's request part; returns our own cookie for the lock.</summary>
    ulong SetEnqueue(TestRequest request, Fid resource, LockMode mode, InodeBits bits, bool hasIntent = true)
    {
        ulong own = (ulong)_number << 32 | _nextLock++;
        SetLockRequest(request, new LdlmRequest
        {
            Flags = hasIntent ? (uint)LockFlags.HAS_INTENT : 0,
            Count = 1,
            Desc = new LdlmLockDesc
            {
                Resource = new LdlmResourceDesc { Type = LockType.Ibits, Name = LdlmResId.FromFid(resource) },
                RequestedMode = mode,
                PolicyData = new LdlmPolicyData { InodeBits = new LdlmInodeBits { Bits = bits } },
            },
        }, own);
        return own;
    }

    /// <summary>The lock that came with a reply, if any.</summary>
    HeldLock? TakeLock(TestRequest request, ulong own, Errno status)
    {
        if (status != Errno.OK || request.ReplyStatus == (int)LdlmStatus.LOCK_ABORTED)
            return null;
        LdlmReply reply = request.Get(Rmf.DlmRep).Value;
        if (!reply.Handle.IsUsed)
            return null;
        var held = new HeldLock
        {
            Own = own,
            Server = reply.Handle.Cookie,
            Resource = reply.Desc.Resource.Name,
            Mode = reply.Desc.GrantedMode,
            Bits = reply.Desc.PolicyData.InodeBits.Bits,
            IsGranted = reply.Desc.GrantedMode != 0,
        };
        Locks.Add(own, held);
        if (((LockFlags)reply.Flags & LockFlags.AST_SENT) != 0)
        {
            Blocked.Add(held);
            if (!KeepsLocks)
                _ = CancelAsync(held);
        }
        return held;
    }
}

/// <summary>A lock of a client.</summary>
sealed class HeldLock
{
    public required ulong Own { get; init; }

    public required ulong Server { get; init; }

    public required LdlmResId Resource { get; init; }

    public required LockMode Mode { get; init; }

    public required InodeBits Bits { get; init; }

    public bool IsGranted { get; set; }

    public Fid Fid => Resource.ToFid();
}
