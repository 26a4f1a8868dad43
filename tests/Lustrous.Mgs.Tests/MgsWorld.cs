using System.Globalization;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Wire;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mgs.Tests;

/// <summary>An MGS with a store to look into.</summary>
sealed class MgsWorld : IAsyncDisposable
{
    public const string FsName = "lustre";

    readonly PtlrpcNode _ptlrpc;

    public MgsWorld()
    {
        var context = new NodeContext(
            TimeProvider.System, new SeededRandom(1), new NoWork(), new BufferPool(), NullLogSink.Instance);
        _ptlrpc = new PtlrpcNode(new LNetNode(context));
        Mgs = new MgsTarget(_ptlrpc, new ExportTable(context), new MgsOptions { Store = Store });
        Errno error = Mgs.StartAsync(default).AsTask().GetAwaiter().GetResult();
        Lassert.That(error == Errno.OK);
    }

    public MemoryConfigStore Store { get; } = new();

    public MgsTarget Mgs { get; }

    /// <summary>What a target says at its first start.</summary>
    public static MgsTargetInfo Target(string name, string nid, LddFlags flags = LddFlags.VIRGIN | LddFlags.UPDATE)
    {
        var info = new MgsTargetInfo
        {
            FsName = Text64.From(FsName),
            ServiceName = Text64.From($"{FsName}-{name}"),
            StripeIndex = uint.Parse(name.AsSpan(3), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            Flags = flags | (name.StartsWith("MDT", StringComparison.Ordinal)
                ? LddFlags.SV_TYPE_MDT : LddFlags.SV_TYPE_OST),
            NidCount = 1,
        };
        info.Nids[0] = new Nid4(Nid.Parse(nid).Value.ToNid4());
        return info;
    }

    public async Task<MgsTargetInfo> RegisterAsync(string name, string nid)
    {
        Result<MgsTargetInfo> registered = await Mgs.RegisterAsync(Target(name, nid), default);
        Lassert.That(!registered.Failed);
        return registered.Value;
    }

    public async ValueTask DisposeAsync()
    {
        await Mgs.DisposeAsync();
        _ptlrpc.Dispose();
    }

    sealed class NoWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) => Lassert.Lbug("nothing is posted here");
    }
}
