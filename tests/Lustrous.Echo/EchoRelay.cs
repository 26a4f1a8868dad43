using System.Net;
using System.Net.Sockets;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Pcap;

namespace Lustrous.Echo;

/// <summary>
/// Stands between a dialling node and its peer, passes on every byte of their sockets, and writes those bytes to a
/// capture as if the peer listened on port 988.
/// </summary>
/// <remarks>
/// The segments of the capture are its own: each ends where a message ends. TCP promises no boundaries, so that is as
/// true as any others, and a dissector that gives up in one message then still sees the next.
/// </remarks>
public sealed class EchoRelay : IAsyncDisposable
{
    const int LustrePort = 988;
    const int ChunkBytes = 1 << 20;

    /// <summary>Largest piece kept to find its end: 1 MiB of payload (LNET_MTU) and its headers.</summary>
    const int MaxPieceBytes = (1 << 20) + 4096;

    readonly NodeContext _context;
    readonly IPEndPoint _target;
    readonly PcapWriter _writer;
    readonly TcpListener _listener;
    readonly List<Task> _tasks = [];        // guarded by itself
    readonly List<Socket> _sockets = [];    // guarded by _tasks
    readonly Task _accepting;

    public EchoRelay(NodeContext context, IPEndPoint target, string path)
    {
        (_context, _target) = (context, target);
        _writer = new PcapWriter(File.Create(path), context);
        _listener = new TcpListener(target.Address, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What to dial instead of the peer's port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Frames that the capture lacks; known once it is closed.</summary>
    public long LostFrames => _writer.LostFrames;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Task[] tasks;
        lock (_tasks)
        {
            tasks = [.. _tasks];
            foreach (Socket socket in _sockets)
                socket.Dispose();
        }
        await Task.WhenAll(tasks);
        await _writer.DisposeAsync();
        _listener.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync();
                lock (_tasks)
                    _tasks.Add(RunAsync(client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed: the way to end an accept.
        }
    }

    async Task RunAsync(Socket client)
    {
        var from = (IPEndPoint)client.RemoteEndPoint!;
        var server = new Socket(_target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        lock (_tasks)
            _sockets.AddRange([client, server]);
        try
        {
            server.Bind(new IPEndPoint(from.Address, 0));   // the peer must see whom it talks to
            await server.ConnectAsync(_target);
        }
        catch (SocketException)
        {
            client.Dispose();
            server.Dispose();
            return;
        }
        client.NoDelay = server.NoDelay = true;
        var capture = new PcapConversation(
            _writer, from, new IPEndPoint(_target.Address, LustrePort), _context.Random);
        await Task.WhenAll(PumpAsync(client, server, capture, fromClient: true),
            PumpAsync(server, client, capture, fromClient: false));
        client.Dispose();
        server.Dispose();
    }

    static async Task PumpAsync(Socket source, Socket sink, PcapConversation capture, bool fromClient)
    {
        // Captured before it is passed on: an answer never stands before its question.
        var piece = new byte[MaxPieceBytes + ChunkBytes];
        int held = 0;
        bool large = false;
        try
        {
            while (true)
            {
                int room = Math.Min(ChunkBytes, piece.Length - held);
                int got = await source.ReceiveAsync(piece.AsMemory(held, room));
                if (got == 0)
                    break;
                ReadOnlyMemory<byte> arrived = piece.AsMemory(held, got);
                held += got;
                int written = Capture(piece.AsSpan(0, held), capture, fromClient, ref large);
                for (ReadOnlyMemory<byte> rest = arrived; rest.Length > 0;)
                    rest = rest[await sink.SendAsync(rest)..];
                piece.AsSpan(written, held - written).CopyTo(piece);
                held -= written;
            }
            capture.Write(fromClient, piece.AsSpan(0, held));
            capture.Close(fromClient);
            sink.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            capture.Write(fromClient, piece.AsSpan(0, held));
            capture.Close(fromClient, reset: true);
            sink.Dispose();
        }
    }

    /// <summary>
    /// Writes the whole pieces among <paramref name="bytes"/> and returns their length; what cannot be cut, as it is.
    /// </summary>
    static int Capture(ReadOnlySpan<byte> bytes, PcapConversation capture, bool fromClient, ref bool large)
    {
        int done = 0;
        while (done < bytes.Length)
        {
            int length = SocklndCut.Length(bytes[done..], ref large);
            if (length is < 0 or > MaxPieceBytes)
                length = bytes.Length - done;
            if (length == 0 || length > bytes.Length - done)
                break;
            capture.Write(fromClient, bytes.Slice(done, length));
            done += length;
        }
        return done;
    }
}
