namespace Lustrous.Utils.Decode.Capture;

/// <summary>A stream that can be looked ahead into, with a bounded window: what finding the next good record
/// needs.</summary>
sealed class CaptureInput(Stream stream) : IDisposable
{
    /// <summary>Two of the largest records, so that a candidate's successor can be looked at too.</summary>
    public const int WindowBytes = 2 * (CaptureReader.MaxPacketBytes + 4096);

    readonly byte[] _window = new byte[WindowBytes];
    int _start, _end;
    bool _ended;

    /// <summary>Where in the unpacked file the next byte is.</summary>
    public long Offset { get; private set; }

    /// <summary>Why the file could not be read to its end, if so.</summary>
    public string? Failure { get; private set; }

    /// <summary>Up to <paramref name="count"/> bytes ahead, fewer only at the end.</summary>
    public ReadOnlyMemory<byte> Peek(int count)
    {
        while (_end - _start < count && !_ended)
            Fill();
        return _window.AsMemory(_start, Math.Min(count, _end - _start));
    }

    public void Skip(int count)
    {
        _start += count;
        Offset += count;
    }

    public void Dispose() => stream.Dispose();

    void Fill()
    {
        if (_start > 0 && _end == _window.Length)
        {
            _window.AsSpan(_start.._end).CopyTo(_window);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _window.Length)
            return;
        try
        {
            int read = stream.Read(_window, _end, _window.Length - _end);
            _ended = read == 0;
            _end += read;
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            // A gzip that was cut off or damaged: what came out so far is good.
            _ended = true;
            Failure = error.Message;
        }
    }
}
