using Lustrous.Libcfs;

namespace Lustrous.Utils.Hosting;

/// <summary>Something that a person has to know and can do something about: what failed, on what, and what to
/// do.</summary>
sealed class HostException(Errno error, string message) : Exception(message)
{
    public Errno Error { get; } = error;
}
