using System.Globalization;
using System.Text;

namespace Lustrous.Target.Recovery;

/// <summary>Lines of a parameter with several values.</summary>
static class StatusLines
{
    public static StringBuilder Line<T>(this StringBuilder text, string name, T value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
}
