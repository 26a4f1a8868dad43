using System.Runtime.InteropServices;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Interop.Tests.Replay;

/// <summary>
/// A change that was answered: what its client says of the answer if it must replay it. The recorded client says what
/// the recorded server answered; here it says what ours did.
/// </summary>
/// <param name="Theirs">The recorded reply, as it was.</param>
/// <param name="Ours">Ours.</param>
sealed record Answered(byte[] Theirs, byte[] Ours)
{
    // Nothing shorter is told from other things by its bytes; a layout is longer.
    const int ShortestTold = 24;

    /// <summary>Puts the number of the transaction, the versions, and what the answer gave (a layout) into a replay.
    /// </summary>
    /// <param name="recorded">The replay as it was.</param>
    /// <param name="request">The same, rewritten.</param>
    public void Tell(byte[] recorded, byte[] request)
    {
        LustreMessage theirs = Parse(Theirs), ours = Parse(Ours), asked = Parse([.. recorded]), made = Parse(request);
        PtlrpcBodyV3 answer = MemoryMarshal.Read<PtlrpcBodyV3>(ours.Buffer(0));
        ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(made.Buffer(0));
        body.Transno = answer.Transno;
        body.PreVersions = answer.PreVersions;
        for (int i = 1; i < asked.BufferCount; i++)
        {
            for (int k = 1; k < theirs.BufferCount && k < ours.BufferCount; k++)
            {
                Span<byte> told = theirs.Buffer(k);
                if (told.Length >= ShortestTold && told.SequenceEqual(asked.Buffer(i))
                    && ours.Buffer(k).Length == told.Length)
                    ours.Buffer(k).CopyTo(made.Buffer(i));
            }
        }
    }

    static LustreMessage Parse(byte[] bytes)
    {
        Assert.Equal(Errno.OK, LustreMessage.Parse(bytes, out LustreMessage message));
        return message;
    }
}
