using System.Globalization;

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
}
