using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;

namespace Lustrous.Mds.Lod;

/// <summary>The OSTs of an MDT, and the layouts over them (<c>struct lod_device</c>).</summary>
/// <remarks>Source: lustre/lod/lod_dev.c, lod_qos.c.</remarks>
public sealed class LodDevice : ILod, IAsyncDisposable
{
    public LodDevice(PtlrpcNode node, IDtDevice storage, LodOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(storage);
        Options = options;
    }

    public LodOptions Options { get; }

    public LovUserEa Default { get; } = new();

    /// <summary>The OSTs, by rising index.</summary>
    public IReadOnlyList<OspDevice> Osts => [];

    /// <summary>An OST of the configuration (<c>add_osc</c>): begins to connect. EEXIST: there is one of this
    /// index.</summary>
    public Errno AddOst(uint index, IReadOnlyList<Nid> nids) => Errno.ENOTSUPP;

    public ValueTask<Result<LodLayout>> ChooseAsync(
        Fid file, ReadOnlyMemory<byte> wanted, ReadOnlyMemory<byte> inherited, CancellationToken cancel) =>
        new(Errno.ENOTSUPP);

    public void Discard(LodLayout layout)
    {
    }

    public Errno DeclareCreate(DtTransaction transaction, LodLayout layout) => Errno.ENOTSUPP;

    public Errno Create(DtTransaction transaction, LodLayout layout) => Errno.ENOTSUPP;

    public Errno DeclareChange(DtTransaction transaction, ReadOnlySpan<byte> lov) => Errno.ENOTSUPP;

    public Errno Destroy(DtTransaction transaction, ReadOnlySpan<byte> lov) => Errno.ENOTSUPP;

    public Errno SetOwner(DtTransaction transaction, ReadOnlySpan<byte> lov, in DtAttributes attributes) =>
        Errno.ENOTSUPP;

    public Result<byte[]> CheckDirectoryDefault(ReadOnlySpan<byte> wanted) => Errno.ENOTSUPP;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
