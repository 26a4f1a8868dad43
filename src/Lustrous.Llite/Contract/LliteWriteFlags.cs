namespace Lustrous.Llite;

/// <summary>What is special about a write.</summary>
[Flags]
public enum LliteWriteFlags
{
    None = 0,
    /// <summary>The kernel writes its cache back (FUSE_WRITE_CACHE): not by the caller, who is not checked.</summary>
    WriteBack = 0x1,
    /// <summary>setuid and setgid must fall (FUSE_WRITE_KILL_SUIDGID).</summary>
    KillSuidSgid = 0x2,
}
