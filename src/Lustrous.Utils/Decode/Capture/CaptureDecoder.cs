using Lustrous.Idl.LNet;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>
/// From packets to socklnd's pieces: follows every TCP connection of the Lustre port, both ways, and shows items and
/// problems to <paramref name="sink"/> as they become complete. Whoever builds on it implements <see
/// cref="ICaptureSink"/>.
/// </summary>
/// <param name="sink">Sees the items.</param>
/// <param name="extraPorts">Ports to follow besides 988.</param>
public sealed class CaptureDecoder(ICaptureSink sink, params IEnumerable<int> extraPorts)
{
    public const int DefaultPort = 988;
    const int MaxConnections = 1 << 16;

    readonly HashSet<int> _ports = [DefaultPort, .. extraPorts];
    readonly Dictionary<(CaptureEndpoint Client, CaptureEndpoint Server), Followed> _connections = [];
    StreamPlace _place;

    public CaptureStatistics Statistics { get; } = new();

    /// <summary>Reads the capture to its end and says what was left over.</summary>
    public CaptureStatistics Run(CaptureReader reader)
    {
        while (reader.TryRead(out CapturePacket packet, out CaptureProblem? problem))
        {
            if (problem is null)
            {
                Packet(packet);
                continue;
            }
            Statistics.Problems++;
            sink.Problem(problem);
        }
        Finish();
        return Statistics;
    }

    public void Packet(in CapturePacket packet)
    {
        Statistics.Packets++;
        _place = new(packet.Number, packet.FileOffset, packet.TimeNanoseconds);
        if (!FrameParser.TryParse(packet, out TcpSegment segment)
            || !_ports.Contains(segment.Source.Port) && !_ports.Contains(segment.Destination.Port))
        {
            Statistics.OtherPackets++;
            return;
        }
        Followed? connection = Find(segment, out bool toServer);
        if (connection is null)
            return;
        TcpReassembler stream = toServer ? connection.ToServer : connection.ToClient;
        TcpReassembler other = toServer ? connection.ToClient : connection.ToServer;
        if ((segment.Flags & TcpFlags.Syn) != 0)
        {
            if (!stream.Started)
                stream.Start(segment.Sequence + 1, sawStart: true);
            return;
        }
        if ((segment.Flags & TcpFlags.Ack) != 0)
            other.Acknowledged(segment.Acknowledgement, _place);
        // A reset's payload is text for people, not part of the stream.
        if ((segment.Flags & TcpFlags.Reset) == 0)
            stream.Segment(segment.Sequence, segment.Payload, segment.PayloadLength, _place);
    }

    /// <summary>No more packets: whatever is incomplete is reported.</summary>
    public void Finish()
    {
        foreach (Followed connection in _connections.Values.OrderBy(followed => followed.Connection.Number))
            connection.Finish(_place);
        _connections.Clear();
    }

    Followed? Find(in TcpSegment segment, out bool toServer)
    {
        toServer = true;
        bool syn = (segment.Flags & TcpFlags.Syn) != 0;
        bool dialling = syn && (segment.Flags & TcpFlags.Ack) == 0;
        if (_connections.TryGetValue((segment.Source, segment.Destination), out Followed? found))
        {
            bool known = found.ToServer.Started || found.ToClient.Started;
            bool again = found.ToServer.SawStart && found.ToServer.InitialSequence == segment.Sequence + 1;
            if (!dialling || !known || again)
                return found;
            // The same ports again: a new connection.
            found.Finish(_place);
            _connections.Remove((segment.Source, segment.Destination));
        }
        else if (_connections.TryGetValue((segment.Destination, segment.Source), out found))
        {
            toServer = false;
            if (!dialling)
                return found;
            found.Finish(_place);
            _connections.Remove((segment.Destination, segment.Source));
        }
        toServer = dialling || !syn && _ports.Contains(segment.Destination.Port);
        if (_connections.Count >= MaxConnections || !syn && segment.PayloadLength == 0)
            return null;
        CaptureEndpoint client = toServer ? segment.Source : segment.Destination;
        CaptureEndpoint server = toServer ? segment.Destination : segment.Source;
        var connection = new Followed(new(++Statistics.Connections, client, server), sink, Statistics);
        _connections.Add((client, server), connection);
        return connection;
    }

    /// <summary>A connection with its two streams.</summary>
    sealed class Followed
    {
        public Followed(CapturedConnection connection, ICaptureSink sink, CaptureStatistics statistics)
        {
            Connection = connection;
            ToServer = new(new SocklndStreamDecoder(connection, CaptureDirection.ToServer, sink, statistics));
            ToClient = new(new SocklndStreamDecoder(connection, CaptureDirection.ToClient, sink, statistics));
        }

        public CapturedConnection Connection { get; }

        public TcpReassembler ToServer { get; }

        public TcpReassembler ToClient { get; }

        public void Finish(in StreamPlace place)
        {
            ToServer.Finish(place);
            ToClient.Finish(place);
        }
    }
}
