using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>A process on a node, as programs on that node are told apart
/// (<c>struct lnet_process_id_packed</c>).</summary>
[WireStruct("lnet_process_id_packed", size: 12)]
public partial record struct LNetProcessIdPacked
{
    public Nid4 Nid;
    public uint Pid;
}
