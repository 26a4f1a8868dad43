namespace Lustrous.Ptlrpc.Client;

/// <summary>A <see cref="PtlrpcRequest.UserState"/> that is used again: a callback of the request may still run when
/// others have ended, but none once the request is back in its pool.</summary>
public interface IRequestCompanion
{
    void RequestFreed();
}
