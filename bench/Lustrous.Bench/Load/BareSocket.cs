using System.Net;
using System.Net.Sockets;

namespace Lustrous.Bench.Load;

/// <summary>
/// What the machine's sockets can do without any protocol: requests and replies of fixed sizes on one TCP connection,
/// blocking calls on one thread a side, as many requests under way as asked for. The yardstick that our figures are a
/// ratio of.
/// </summary>
static class BareSocket
{
    const int BatchBytes = 64 << 10;

    public static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    /// <summary>Answers one connection until the peer closes it: whatever requests are there are answered with one
    /// send.</summary>
    public static void Serve(TcpListener listener, int requestBytes, int replyBytes)
    {
        using Socket socket = listener.AcceptSocket();
        socket.NoDelay = true;
        try
        {
            Serve(socket, requestBytes, replyBytes);
        }
        catch (SocketException)
        {
            // The client stops with requests under way.
        }
    }

    static void Serve(Socket socket, int requestBytes, int replyBytes)
    {
        var requests = new byte[Math.Max(requestBytes, BatchBytes)];
        var replies = new byte[Math.Max(replyBytes, BatchBytes)];
        int pending = 0;
        while (true)
        {
            int received = socket.Receive(requests.AsSpan(0, requests.Length));
            if (received == 0)
                return;
            pending += received;
            int count = pending / requestBytes;
            pending %= requestBytes;
            while (count > 0)
            {
                int batch = Math.Min(count, Math.Max(1, replies.Length / replyBytes));
                SendAll(socket, replies.AsSpan(0, batch * replyBytes));
                count -= batch;
            }
        }
    }

    /// <summary>Exchanges for so long; gives exchanges a second.</summary>
    public static double Exchange(int port, int requestBytes, int replyBytes, int depth, TimeSpan duration)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        socket.Connect(IPAddress.Loopback, port);
        int largestBatch = Math.Min(depth, Math.Max(1, BatchBytes / requestBytes));
        var requests = new byte[requestBytes * largestBatch];
        var replies = new byte[Math.Max(replyBytes, BatchBytes)];

        for (int sent = 0; sent < depth; sent++)
            SendAll(socket, requests.AsSpan(0, requestBytes));
        long exchanges = 0, pending = 0;
        long start = Environment.TickCount64;
        while (Environment.TickCount64 - start < duration.TotalMilliseconds)
        {
            pending += socket.Receive(replies);
            int count = (int)(pending / replyBytes);
            pending %= replyBytes;
            exchanges += count;
            while (count > 0)
            {
                int batch = Math.Min(count, requests.Length / requestBytes);
                SendAll(socket, requests.AsSpan(0, batch * requestBytes));
                count -= batch;
            }
        }
        return exchanges * 1000.0 / (Environment.TickCount64 - start);
    }

    static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[socket.Send(bytes)..];
    }
}
