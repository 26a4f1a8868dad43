using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Decode;

/// <summary>Gets everything that a capture says, in order.</summary>
interface IDecodeOutput
{
    void Message(DecodedMessage message);

    /// <summary>HELLO, acceptor request, NOOP.</summary>
    void Control(CapturedItem item);

    void Problem(string text);

    void Finish(long messages, long undecodedBytes);
}
