using System.ComponentModel;

namespace Lustrous.Utils.Control;

/// <summary>Errors in the words of the system: <c>No such file or directory</c>.</summary>
static class ErrnoText
{
    public static string Of(Errno error) => new Win32Exception((int)error).Message;
}
