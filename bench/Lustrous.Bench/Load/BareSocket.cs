using System.Net;
using System.Net.Sockets;

namespace Lustrous.Bench.Load;

/// <summary>
/// What the machine's sockets can do without any protocol: requests and replies of fixed sizes on one TCP connection,
/// blocking calls on one thread a side, as many requests under way as asked for. The yardstick of our figures.
/// </summary>
/// <param name="MessagesPerCall">
/// How many messages one send or receive may carry: 1 is a program that handles them one by one, more is the best that
/// can be done with messages that mean nothing.
/// </param>
/// <param name="Buffers">Memory that is gone through in turn: bulk in flight is not all in one warm buffer.</param>
sealed record BareSocket(int RequestBytes, int ReplyBytes, int MessagesPerCall, int Buffers = 1)
{
    public static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        Unpace(listener.Server);
        listener.Start();
        return listener;
    }

    /// <summary>Answers one connection until the peer closes it.</summary>
    public void Serve(TcpListener listener)
    {
        using Socket socket = listener.AcceptSocket();
        socket.NoDelay = true;
        try
        {
            Pump(socket, RequestBytes, ReplyBytes, keepGoing: static _ => true);
        }
        catch (SocketException)
        {
            // The client stops with requests under way.
        }
    }

    /// <summary>Keeps <paramref name="depth"/> requests under way for so long; gives exchanges a second.</summary>
    public double Exchange(int port, int depth, TimeSpan duration)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        Unpace(socket);
        socket.Connect(IPAddress.Loopback, port);
        var request = new byte[RequestBytes];
        for (int i = 0; i < depth; i++)
            SendAll(socket, request);

        long start = TimeProvider.System.GetTimestamp();
        long exchanges = Pump(
            socket, ReplyBytes, RequestBytes, _ => TimeProvider.System.GetElapsedTime(start) < duration);
        return exchanges / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    // As socklnd does inside one machine: a machine whose choice is BBR would pace the yardstick.
    static void Unpace(Socket socket)
    {
        const int ipprotoTcp = 6, tcpCongestion = 13;
        socket.SetRawSocketOption(ipprotoTcp, tcpCongestion, "reno"u8);
    }

    /// <summary>Sends one message for each that comes in; both sides do just that.</summary>
    long Pump(Socket socket, int incomingBytes, int outgoingBytes, Func<long, bool> keepGoing)
    {
        byte[][] incoming = [.. Enumerable.Range(0, Buffers).Select(_ => new byte[incomingBytes * MessagesPerCall])];
        byte[][] outgoing = [.. Enumerable.Range(0, Buffers).Select(_ => new byte[outgoingBytes * MessagesPerCall])];
        long total = 0;
        int pending = 0;
        while (keepGoing(total))
        {
            byte[] buffer = incoming[total % Buffers];
            int received = socket.Receive(buffer, pending, buffer.Length - pending, SocketFlags.None);
            if (received == 0)
                break;
            pending += received;
            int count = pending / incomingBytes;
            pending %= incomingBytes;
            SendAll(socket, outgoing[total % Buffers].AsSpan(0, count * outgoingBytes));
            total += count;
        }
        return total;
    }

    static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[socket.Send(bytes)..];
    }
}
