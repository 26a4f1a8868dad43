using System.Net.Sockets;
using System.Text;

namespace Lustrous.Utils.Hosting;

/// <summary>Tells systemd how far a service is (<c>sd_notify</c>, Type=notify); elsewhere it does nothing.</summary>
static class Systemd
{
    public static void Ready(string status) => Notify($"READY=1\nSTATUS={status}\n");

    /// <summary>It goes on to end by itself: what is committed then may take its time.</summary>
    public static void Stopping() => Notify("STOPPING=1\nSTATUS=committing\n");

    static void Notify(string text)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An abstract name, which has no file, is written with a zero byte.
            socket.SendTo(
                Encoding.UTF8.GetBytes(text), new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        }
        catch (SocketException)
        {
            // Nobody listens: then nobody waits for it.
        }
    }
}
