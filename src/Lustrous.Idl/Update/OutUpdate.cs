using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Update;

/// <summary>Head of OUT_UPDATE: where the operations are (<c>struct out_update_header</c>).</summary>
[WireStruct("out_update_header", size: 16, Prefix = "ouh_")]
[WireTail("ouh_inline_data", typeof(uint))]
public partial record struct OutUpdateHeader
{
    public uint Magic;
    public uint Count;                  // bulk buffers; 1 when they are inline
    public uint InlineLength;           // bytes
    public uint ReplySize;              // bytes the sender has room for
}

/// <summary>One bulk buffer of operations (<c>struct out_update_buffer</c>).</summary>
[WireStruct("out_update_buffer", size: 8, Prefix = "oub_")]
public partial record struct OutUpdateBuffer
{
    public uint Size;
    public uint Padding;
}
