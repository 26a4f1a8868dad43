using Lustrous.Mds.Lfsck;
using Lustrous.Obdclass.Parameters;
using Lustrous.Osd.Scrub;

namespace Lustrous.Utils.Hosting;

/// <summary>What looks a running target over: its scrub, and of an MDT its LFSCK.</summary>
public sealed record TargetCheck(OsdScrub Scrub, MdtLfsck? Lfsck) : IAsyncDisposable
{
    public string Name => Scrub.Name;

    public void AddParameters(ParameterTree tree)
    {
        Scrub.AddParameters(tree);
        Lfsck?.AddParameters(tree);
    }

    public async ValueTask DisposeAsync()
    {
        if (Lfsck is not null)
            await Lfsck.DisposeAsync();
        await Scrub.DisposeAsync();
    }
}
