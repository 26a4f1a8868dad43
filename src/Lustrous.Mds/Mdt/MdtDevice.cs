using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Mds.Mdt;

/// <summary>
/// A metadata target (<c>struct mdt_device</c>): its handlers, the locks it takes and gives, and the files that its
/// clients have open.
/// </summary>
/// <remarks>Source: lustre/mdt.</remarks>
public sealed partial class MdtDevice : ITargetDevice
{
    /// <param name="context">Of the node.</param>
    /// <param name="exports">Of the node: what its services find targets by.</param>
    /// <param name="options">What the target is.</param>
    /// <param name="storage">Formatted by <see cref="MddDevice.Format"/>.</param>
    /// <param name="lod">Makes layouts and destroys objects; null where there are no OSTs at all.</param>
    public MdtDevice(
        NodeContext context, ExportTable exports, MdtOptions options, IDtDevice storage, ILod? lod)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(exports);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(storage);
        Options = options;
        Context = context;
        Storage = storage;
        Lod = lod;
    }

    public MdtOptions Options { get; }

    public string Name => Options.Name;

    public ServiceTarget Target => throw new NotSupportedException();

    public NodeContext Context { get; }

    public IDtDevice Storage { get; }

    ILod? Lod { get; }

    /// <summary>Carries out what concerns an MDT; OSTs are added by the LOD's owner.</summary>
    public ValueTask<Errno> ProcessConfigAsync(ConfigCommand command, CancellationToken cancel) => new(Errno.OK);

    public ValueTask<Errno> StartAsync(CancellationToken cancel) => new(Errno.OK);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
