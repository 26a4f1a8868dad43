using System.Net.Sockets;
using System.Text.Json;

namespace Lustrous.Utils.Control;

/// <summary>Asks running processes of ours.</summary>
static class ControlClient
{
    /// <summary>Asks every process; those whose business it was not are left out. Sockets of dead processes are
    /// removed.</summary>
    public static async Task<List<ControlAnswer>> AskAllAsync(string[] words, CancellationToken cancel)
    {
        var answers = new List<ControlAnswer>();
        foreach (string path in ControlPaths.All())
        {
            if (await AskAsync(path, words, cancel) is { ExitCode: not ControlAnswer.NotMine } answer)
                answers.Add(answer);
        }
        return answers;
    }

    /// <summary>Asks until one process knows; null when none does.</summary>
    public static async Task<ControlAnswer?> AskFirstAsync(string[] words, CancellationToken cancel)
    {
        foreach (string path in ControlPaths.All())
        {
            if (await AskAsync(path, words, cancel) is { ExitCode: not ControlAnswer.NotMine } answer)
                return answer;
        }
        return null;
    }

    /// <summary>Asks the process behind a socket; null when there is none.</summary>
    internal static async Task<ControlAnswer?> AskAsync(string path, string[] words, CancellationToken cancel)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            using var stream = new NetworkStream(socket);
            byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(words), (byte)'\n'];
            await stream.WriteAsync(bytes, cancel);
            using var reader = new StreamReader(stream);
            string? line = await reader.ReadLineAsync(cancel);
            return line is null ? null : JsonSerializer.Deserialize<ControlAnswer>(line);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return null;
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException)
        {
            return null;
        }
    }
}
