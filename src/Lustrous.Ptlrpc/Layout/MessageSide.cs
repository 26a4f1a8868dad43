namespace Lustrous.Ptlrpc.Layout;

/// <summary>Which of an exchange's two messages (<c>enum req_location</c>: RCL_CLIENT, RCL_SERVER).</summary>
public enum MessageSide
{
    Request,
    Reply,
}
