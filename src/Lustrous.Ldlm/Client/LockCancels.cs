using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Client;

/// <summary>
/// Locks that are given up and whose cancels ride on another request (early lock cancel, ELC): already flushed, not yet
/// told to the server. <c>cancels.Reserve(request)</c> before the first field is set, <c>cancels.Pack(request)</c>
/// before it is sent. Whatever was not packed is sent on its own when disposed.
/// </summary>
public sealed class LockCancels : IDisposable
{
    /// <summary>Handles that a lock request has room for anyway (<c>LDLM_LOCKREQ_HANDLES</c>).</summary>
    const int LeastHandles = LdlmConst.LDLM_LOCKREQ_HANDLES;

    static readonly int s_headSize = Unsafe.SizeOf<LdlmRequest>();

    readonly ClientNamespace _namespace;
    List<ulong>? _handles;
    int _packed;

    internal LockCancels(ClientNamespace ns) => _namespace = ns;

    /// <summary>Cancels that have not been packed.</summary>
    public int Count => (_handles?.Count ?? 0) - _packed;

    /// <summary>Makes room in the request's DLM_REQ.</summary>
    public void Reserve(PtlrpcRequest request) => Reserve(request, before: 0);

    /// <summary>Writes the handles into the request's DLM_REQ (not for an enqueue, which does so itself).</summary>
    public void Pack(PtlrpcRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Pack();
        Span<byte> bytes = request.Capsule.GetBytes(Rmf.DlmReq, MessageSide.Request);
        var body = new LdlmRequest();
        Pack(bytes, ref body, before: 0);
        if (bytes.Length >= s_headSize)
            MemoryMarshal.Write(bytes, body);
    }

    /// <summary>Sends what is left on its own.</summary>
    public void Dispose()
    {
        if (Count == 0)
            return;
        List<ulong> left = _handles![_packed..];
        _handles = null;
        _packed = 0;
        _namespace.Spawn(_namespace.SendCancelsAsync(left));
    }

    internal void Add(ulong remoteHandle) => (_handles ??= []).Add(remoteHandle);

    /// <summary>Takes all handles over.</summary>
    internal List<ulong>? TakeHandles()
    {
        List<ulong>? all = _packed == 0 ? _handles : _handles?[_packed..];
        _handles = null;
        _packed = 0;
        return all;
    }

    internal void Reserve(PtlrpcRequest request, int before)
    {
        ArgumentNullException.ThrowIfNull(request);
        int count = Math.Max(before + Math.Min(Count, _namespace.MaxPackedCancels), LeastHandles);
        request.SetSize(Rmf.DlmReq, s_headSize + count * sizeof(ulong));
    }

    internal static void ReserveNone(PtlrpcRequest request) =>
        request.SetSize(Rmf.DlmReq, s_headSize + LeastHandles * sizeof(ulong));

    /// <summary>Writes as many handles as there is room for, after the first <paramref name="before"/>.</summary>
    internal void Pack(Span<byte> bytes, ref LdlmRequest body, int before)
    {
        int room = (bytes.Length - s_headSize) / sizeof(ulong) - before;
        int count = Math.Min(Math.Min(Count, _namespace.MaxPackedCancels), Math.Max(room, 0));
        body.Count = (uint)(before + count);
        if (count == 0)
            return;
        Span<LustreHandle> handles = MemoryMarshal.Cast<byte, LustreHandle>(bytes[s_headSize..]);
        for (int i = 0; i < count; i++)
            handles[before + i] = new LustreHandle(_handles![_packed + i]);
        _packed += count;
    }
}
