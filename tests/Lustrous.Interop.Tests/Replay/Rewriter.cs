using System.Runtime.InteropServices;

namespace Lustrous.Interop.Tests.Replay;

/// <summary>
/// What the recorded servers chose, and what ours chose in its place: cookies of exports, locks and open files,
/// sequences of FIDs, and the objects of OSTs. Clients repeat these, so a recorded request is rewritten with them.
/// </summary>
/// <remarks>All of them stand at multiples of eight in a message. A cookie or a sequence is one word that means nothing
/// else; an object is its sequence and the number after it.</remarks>
sealed class Rewriter
{
    const ulong LargestLogId = 1 << 16;

    readonly Dictionary<ulong, ulong> _words = [];
    readonly Dictionary<(ulong, ulong), (ulong, ulong)> _objects = [];
    readonly Dictionary<ulong, string> _lost = [];
    readonly Dictionary<(ulong, ulong), string> _lostObjects = [];

    /// <summary>What ours is for a recorded cookie or sequence.</summary>
    public bool TryGetWord(ulong recorded, out ulong ours) => _words.TryGetValue(recorded, out ours);

    public void LearnWord(ulong recorded, ulong ours)
    {
        _words[recorded] = ours;
        _lost.Remove(recorded);
    }

    public bool TryGetObject((ulong, ulong) recorded, out (ulong, ulong) ours) =>
        _objects.TryGetValue(recorded, out ours);

    public void LearnObject((ulong, ulong) recorded, (ulong, ulong) ours)
    {
        _objects[recorded] = ours;
        _lostObjects.Remove(recorded);
    }

    /// <summary>Our server did not give it, for a reason that is written down: what the client does with it later can
    /// be no other than different.</summary>
    public void Lose(ulong recorded, string reason)
    {
        if (!_words.ContainsKey(recorded))
            _lost[recorded] = reason;
    }

    /// <summary>The same of a FID or an object: its sequence and the number after it.</summary>
    public void Lose(ulong sequence, ulong number, string reason)
    {
        if (!_objects.ContainsKey((sequence, number)))
            _lostObjects[(sequence, number)] = reason;
    }

    /// <summary>Why our server knows nothing of something that the message names; null where it knows all.</summary>
    public string? LostIn(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<ulong> words = Words(message);
        for (int i = 0; i < words.Length; i++)
        {
            if (_lost.TryGetValue(words[i], out string? reason)
                || i + 1 < words.Length && _lostObjects.TryGetValue((words[i], words[i + 1]), out reason))
                return reason;
        }
        return null;
    }

    /// <summary>The message with ours in the place of theirs.</summary>
    /// <param name="message">Theirs.</param>
    /// <param name="isLlog">It is about logs, whose numbers would mean something else in other messages.</param>
    public byte[] Rewrite(ReadOnlySpan<byte> message, bool isLlog = false) => Rewrite(message, isLlog, out _);

    /// <param name="message">Theirs.</param>
    /// <param name="isLlog">It is about logs.</param>
    /// <param name="sequence">Of the last object that was put in the place of another; 0 for none.</param>
    public byte[] Rewrite(ReadOnlySpan<byte> message, bool isLlog, out ulong sequence)
    {
        sequence = 0;
        byte[] copy = message.ToArray();
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(copy.AsSpan(0, copy.Length & ~7));
        for (int i = 0; i < words.Length; i++)
        {
            if (i + 1 < words.Length
                && (isLlog || words[i] > LargestLogId)
                && _objects.TryGetValue((words[i], words[i + 1]), out (ulong Sequence, ulong Id) ours))
            {
                (words[i], words[i + 1]) = ours;
                sequence = ours.Sequence;
                i++;
            }
            else if (_words.TryGetValue(words[i], out ulong word))
            {
                words[i] = word;
            }
        }
        return copy;
    }

    static ReadOnlySpan<ulong> Words(ReadOnlySpan<byte> message) =>
        MemoryMarshal.Cast<byte, ulong>(message[..(message.Length & ~7)]);
}
