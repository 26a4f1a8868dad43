using System.Runtime.CompilerServices;

namespace Lustrous.Libcfs;

/// <summary>What an assertion says when it fails; put together only then, so that a message with values in it costs
/// nothing where the assertion holds.</summary>
[InterpolatedStringHandler]
public ref struct LassertMessage
{
    DefaultInterpolatedStringHandler _text;

    public LassertMessage(int literalLength, int formattedCount, bool condition, out bool isNeeded)
    {
        isNeeded = !condition;
        _text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    public void AppendFormatted<T>(T value, int alignment, string? format = null) =>
        _text.AppendFormatted(value, alignment, format);

    internal string Take() => _text.ToStringAndClear();
}
