namespace Lustrous.Ptlrpc.Server;

/// <summary>What a target that waits for the clients of its former life does with requests (tgt_handle_recovery of
/// lustre/target/tgt_handler.c).</summary>
public interface ITargetRecovery
{
    /// <summary>Ends when it is the request's turn; <see cref="Leave"/> follows when it has been executed.</summary>
    /// <returns>An error is its answer, unless <see cref="ServerRequest.NoReply"/> says that there is none, and then
    /// nothing follows. EAGAIN: not as long as the target recovers; ENOTCONN: its client is not part of this.</returns>
    ValueTask<Errno> EnterAsync(ServerRequest request);

    void Leave(ServerRequest request);
}
