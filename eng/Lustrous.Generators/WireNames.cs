using System.Text;

namespace Lustrous.Generators;

static class WireNames
{
    internal const string Namespace = "Lustrous.Idl.Wire";
    internal const string StructAttribute = Namespace + ".WireStructAttribute";
    internal const string NameAttribute = Namespace + ".WireNameAttribute";
    internal const string OpaqueAttribute = Namespace + ".WireOpaqueAttribute";
    internal const string TextAttribute = Namespace + ".WireTextAttribute";
    internal const string InlineArray = "System.Runtime.CompilerServices.InlineArrayAttribute";
    internal const string StructLayout = "System.Runtime.InteropServices.StructLayoutAttribute";

    /// <summary><c>OpenHandle</c> → <c>open_handle</c>; digits stay with the word before them.</summary>
    internal static string Snake(string name)
    {
        var snake = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (char.IsUpper(c))
            {
                bool wordBefore = i > 0 && !char.IsUpper(name[i - 1]) && name[i - 1] != '_';
                bool endsAcronym = i > 0 && i + 1 < name.Length
                    && char.IsUpper(name[i - 1]) && char.IsLower(name[i + 1]);
                if (wordBefore || endsAcronym) snake.Append('_');
            }
            snake.Append(char.ToLowerInvariant(c));
        }
        return snake.ToString();
    }
}
