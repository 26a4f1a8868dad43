using Lustrous.Fuse.Protocol;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

/// <summary>FUSE requests as calls of a <see cref="LliteMount"/>.</summary>
/// <remarks>Build <see cref="FuseKernelCache"/> first, name it in <see cref="LliteMountOptions.Kernel"/>, then mount:
/// <c>await FuseSession.MountAsync(options, new LliteFuse(mount, cache))</c>.</remarks>
public sealed partial class LliteFuse(LliteMount mount, FuseKernelCache cache) : FuseFileSystem
{
    public LliteMount Mount { get; } = mount;

    public override void Started(FuseSession session) => cache.Attach(session);
}
