using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation.Tests.Chaos;

/// <summary>One PUT or GET, from its beginning to its descriptor's last event.</summary>
sealed class Operation(ulong id, SimNode from, SimNode to, int length, bool ackWanted, bool isGet, int skip)
{
    readonly SimHost _life = from.Host;
    readonly PooledBuffer _buffer = from.Context.Buffers.Take(length + skip + 1);
    bool _sent, _answered;

    public ulong Id => id;

    public SimNode From => from;

    public SimNode To => to;

    public int Length => length;

    /// <summary>Where in the descriptor a PUT's payload begins.</summary>
    public int Skip => isGet ? 0 : skip;

    /// <summary>Where in the peer's pattern a GET begins.</summary>
    public int RemoteOffset => skip * 17;

    public MemoryDescriptor Memory { get; private set; } = null!;

    /// <summary>How often the target took it.</summary>
    public int Accepted { get; set; }

    public bool GivenUp { get; set; }

    /// <summary>The last event came.</summary>
    public bool Ended { get; private set; }

    /// <summary>What the SEND event and the answer said; null when none came.</summary>
    public Errno? SendStatus { get; private set; }

    public Errno? AnswerStatus { get; private set; }

    /// <summary>The sender crashed: no event can come any more.</summary>
    public bool IsOrphan => !_life.IsAlive;

    public bool IsGet => isGet;

    public bool AckWanted => ackWanted;

    public byte PayloadAt(int index) => (byte)(id * 31 + (ulong)index * 7);

    public void Fill()
    {
        for (int i = 0; i < length; i++)
            _buffer.Span[skip + i] = PayloadAt(i);
    }

    public MemoryDescriptor Descriptor(ILNetEventHandler handler, int threshold)
    {
        // Two fragments, so that offsets and borders between them are part of the game.
        int start = isGet ? skip : 0;
        int total = isGet ? length : length + skip;
        int first = total / 3;
        Memory = new MemoryDescriptor
        {
            Fragments = [_buffer.Slice(start, first), _buffer.Slice(start + first, total - first)],
            FragmentCount = 2,
            Length = total,
            Threshold = threshold,
            Handler = handler,
            UserState = this,
        };
        return Memory;
    }

    public void OnEvent(in LNetEvent e)
    {
        Lassert.That(!Ended, "an event after the last one");
        Lassert.That(ReferenceEquals(e.Descriptor, Memory));
        switch (e.Kind)
        {
            case LNetEventKind.Send:
                Lassert.That(!_sent, "SEND came twice");
                _sent = true;
                SendStatus = e.Status;
                break;
            case LNetEventKind.Ack or LNetEventKind.Reply:
                Lassert.That(!_answered && isGet == (e.Kind == LNetEventKind.Reply));
                _answered = true;
                AnswerStatus = e.Status;
                if (e.Status == Errno.OK)
                    CheckAnswer(e);
                break;
            case LNetEventKind.Unlink:
                Lassert.That(e.Unlinked);
                break;
            default:
                Lassert.Lbug($"{e.Kind} at a descriptor that only sends");
                break;
        }
        if (!e.Unlinked)
            return;
        Ended = true;
        // What LNet or the driver still touches is no longer ours to give: it would show as a wrong payload.
        _buffer.Span.Fill(0xdb);
        _buffer.Dispose();
    }

    void CheckAnswer(in LNetEvent e)
    {
        Lassert.That(e.MatchedLength == length, "the answer is about fewer bytes");
        if (!isGet)
        {
            Lassert.That(Accepted == 1, "acknowledged but not accepted once");
            return;
        }
        for (int i = 0; i < length; i++)
        {
            Lassert.That(
                _buffer.Span[skip + i] == Traffic.PatternAt(to.Nid, RemoteOffset + i), "a GET brought other bytes");
        }
    }
}
