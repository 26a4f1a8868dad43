using System.Net.Sockets;
using System.Text.Json;

namespace Lustrous.Utils.Control;

/// <summary>
/// Takes commands of <c>lctl</c> and <c>lfs</c> for this process: one line with a JSON array of words, answered by one
/// line with a <see cref="ControlAnswer"/>. Only the owner's processes can connect.
/// </summary>
sealed class ControlServer : IAsyncDisposable
{
    const int MaxRequestBytes = 1 << 20;

    readonly Func<string[], CancellationToken, Task<ControlAnswer>> _execute;
    readonly CancellationTokenSource _stopping = new();
    readonly Socket _listener;
    readonly string _path;
    readonly Task _accepting;

    ControlServer(Socket listener, string path, Func<string[], CancellationToken, Task<ControlAnswer>> execute)
    {
        _listener = listener;
        _path = path;
        _execute = execute;
        _accepting = AcceptAsync();
    }

    /// <summary>Listens; null, with a line in <paramref name="warn"/>, where that is impossible: the file system works
    /// all the same.</summary>
    public static ControlServer? Start(
        Func<string[], CancellationToken, Task<ControlAnswer>> execute, Action<string> warn)
    {
        string path = ControlPaths.Own;
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            Directory.CreateDirectory(
                ControlPaths.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.Delete(path);
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            return new ControlServer(listener, path, execute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException
            or ArgumentOutOfRangeException)
        {
            warn($"lctl and lfs will not find this process: {path}: {e.Message}");
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        File.Delete(_path);
        _stopping.Dispose();
    }

    async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptAsync(_stopping.Token);
                _ = ServeAsync(socket);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    async Task ServeAsync(Socket socket)
    {
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            using var reader = new StreamReader(stream, leaveOpen: true);
            string? line = await reader.ReadLineAsync(_stopping.Token);
            if (line is null || line.Length > MaxRequestBytes
                || JsonSerializer.Deserialize<string[]>(line) is not { } words)
                return;
            ControlAnswer answer = await _execute(words, _stopping.Token);
            byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(answer), (byte)'\n'];
            await stream.WriteAsync(bytes, _stopping.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or JsonException or SocketException)
        {
            // Whoever asked has gone, or asked nonsense: nothing here depends on it.
        }
    }
}
