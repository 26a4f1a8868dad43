namespace Lustrous.LNet;

[Flags]
public enum MdOptions
{
    None = 0,

    /// <summary>Accepts PUTs (<c>LNET_MD_OP_PUT</c>).</summary>
    OpPut = 1 << 0,

    /// <summary>Serves GETs (<c>LNET_MD_OP_GET</c>).</summary>
    OpGet = 1 << 1,

    /// <summary>Takes what fits of a longer message instead of refusing it (<c>LNET_MD_TRUNCATE</c>).</summary>
    Truncate = 1 << 2,

    /// <summary>Sends no ACK for PUTs, even where one is asked for (<c>LNET_MD_ACK_DISABLE</c>).</summary>
    AckDisable = 1 << 3,

    /// <summary>The peer chooses the offset; without it messages are appended (<c>LNET_MD_MANAGE_REMOTE</c>).</summary>
    ManageRemote = 1 << 4,

    /// <summary>
    /// Unlinks when less than <see cref="MemoryDescriptor.MaxSize"/> bytes are left (<c>LNET_MD_MAX_SIZE</c>).
    /// </summary>
    MaxSize = 1 << 5,

    /// <summary>
    /// A PUT from the same process may hand its buffer over instead of being copied: the event then carries
    /// <see cref="LNetEvent.MovedBuffer"/> and this descriptor's own memory stays untouched (lolnd).
    /// </summary>
    AcceptMove = 1 << 6,
}

/// <summary>
/// Memory that messages are taken from or put into (<c>struct lnet_md</c>). The caller owns the object and its memory
/// and may use the object again once an event said <see cref="LNetEvent.Unlinked"/>.
/// </summary>
public sealed partial class MemoryDescriptor
{
    /// <summary>The memory, in order; addresses stay valid until unlinked.</summary>
    public IoVec[] Fragments = [];

    /// <summary>How many of <see cref="Fragments"/> are in use.</summary>
    public int FragmentCount;

    /// <summary>Bytes in the used fragments.</summary>
    public int Length;

    /// <summary>
    /// Operations left until it unlinks itself; −1 for ever (<c>LNET_MD_THRESH_INF</c>). Counted down by LNet.
    /// </summary>
    public int Threshold;

    /// <summary>With <see cref="MdOptions.MaxSize"/>: the largest message that must still fit.</summary>
    public int MaxSize;

    public MdOptions Options;

    /// <summary>
    /// A source buffer that lolnd may hand over to a target with <see cref="MdOptions.AcceptMove"/>; the sender then no
    /// longer owns it, which its SEND event says with <see cref="LNetEvent.MovedBuffer"/>.
    /// </summary>
    public PooledBuffer? Movable;

    /// <summary>
    /// Gets the events; called without any lock held, possibly on a network thread: it must not block.
    /// </summary>
    public ILNetEventHandler? Handler;

    /// <summary>The handler's own.</summary>
    public object? UserState;

    /// <summary>Uses one run of memory.</summary>
    public void SetSingle(IoVec memory)
    {
        if (Fragments.Length == 0)
            Fragments = new IoVec[1];
        Fragments[0] = memory;
        FragmentCount = 1;
        Length = memory.Length;
    }
}

/// <summary>Receives the events of descriptors.</summary>
public interface ILNetEventHandler
{
    void OnEvent(in LNetEvent e);
}
