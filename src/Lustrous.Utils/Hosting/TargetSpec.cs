using System.Globalization;
using Lustrous.Idl.LNet;

namespace Lustrous.Utils.Hosting;

/// <summary>Which MDT or OST to run.</summary>
/// <param name="FsName">At most 8 characters.</param>
/// <param name="IsMdt">Else it is an OST.</param>
/// <param name="Index">Its number in the file system.</param>
public sealed record TargetSpec(string FsName, bool IsMdt, uint Index)
{
    /// <summary><c>lustre-OST0000</c></summary>
    public string Name =>
        string.Create(CultureInfo.InvariantCulture, $"{FsName}-{(IsMdt ? "MDT" : "OST")}{Index:x4}");

    /// <summary>What it was made with, for its logs: <c>failover.node=10.0.0.2@tcp</c> …</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>Where it may run, of equal rank (<c>--servicenode</c>); empty where any node may, and the first that
    /// serves it comes first.</summary>
    public IReadOnlyList<Nid> ServiceNids { get; init; } = [];
}
