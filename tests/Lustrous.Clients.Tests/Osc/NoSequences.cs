using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Fids;

namespace Lustrous.Clients.Tests.Osc;

/// <summary>An OST whose objects a test makes by itself needs no sequences.</summary>
sealed class NoSequences : ISequenceSource
{
    public ValueTask<Result<LuSeqRange>> AllocateAsync(
        SeqOperation operation, LuSeqRange asker, CancellationToken cancel) => new(Errno.EINPROGRESS);
}
