namespace Lustrous.Clients.Osc;

/// <summary>
/// The memory of all pages that the OSCs of one mount cache (<c>struct cl_client_cache</c>): a limit, and who goes
/// first.
/// </summary>
public sealed class OscPageCache(long limitBytes = 1L << 30)
{
    /// <summary>Most bytes of buffers (<c>max_cached_mb</c>).</summary>
    public long LimitBytes { get; set; } = limitBytes;
}
