namespace Lustrous.Llite;

/// <summary>One open of a file or directory (<c>struct ll_file_data</c>).</summary>
public sealed partial class LliteFile
{
    internal LliteFile(LliteInode inode, LliteOpenFlags flags, ulong handle)
    {
        Inode = inode;
        Flags = flags;
        Handle = handle;
    }

    public LliteInode Inode { get; }

    public LliteOpenFlags Flags { get; }

    /// <summary>Names it to the kernel (<c>fh</c>).</summary>
    public ulong Handle { get; }
}
