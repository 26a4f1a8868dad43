using System.Globalization;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Decode;

/// <summary>Counts: one line an opcode, then the sum.</summary>
sealed class SummaryOutput(TextWriter output, TextWriter errors) : IDecodeOutput
{
    readonly SortedDictionary<string, (long Requests, long Replies, long Errors)> _counts = new(StringComparer.Ordinal);

    /// <summary>What was counted, for the tests.</summary>
    public IReadOnlyDictionary<string, (long Requests, long Replies, long Errors)> Counts => _counts;

    public void Message(DecodedMessage message)
    {
        if (!message.IsLustre)
            return;
        string name = message.CountedAs ?? message.Name;
        _counts.TryGetValue(name, out (long Requests, long Replies, long Errors) count);
        if (message.IsError)
            count.Errors++;
        else if (message.IsReply)
            count.Replies++;
        else
            count.Requests++;
        _counts[name] = count;
    }

    public void Control(CapturedItem item)
    {
    }

    public void Problem(string text) => errors.WriteLine(text);

    public void Finish(long messages, long undecodedBytes)
    {
        foreach ((string name, (long requests, long replies, long failures)) in _counts)
        {
            output.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{name} {requests} {replies} {failures}"));
        }
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"messages {messages} undecoded {undecodedBytes}"));
    }
}
