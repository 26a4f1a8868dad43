using Lustrous.Idl.Fids;

namespace Lustrous.Obdclass.Fids;

/// <summary>Gives out FID sequences: a sequence server of this node, or one reached over an import.</summary>
public interface ISequenceSource
{
    /// <summary>A range that nobody else has been or will be given.</summary>
    /// <param name="operation">AllocSuper: a large range for a server, from the controller. AllocMeta: one sequence
    /// for a client.</param>
    /// <param name="asker">Who it is for: index and flags count, of a super-sequence only.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>EINPROGRESS while the server itself has none and cannot reach the controller; ENOSPC when all are
    /// given out; an error of the connection.</returns>
    ValueTask<Result<LuSeqRange>> AllocateAsync(SeqOperation operation, LuSeqRange asker, CancellationToken cancel);
}
