using System.Globalization;

namespace Lustrous.Echo;

/// <summary>
/// What an echo target remembers over a kill -9: its clients' cookies and what each counted request gave. One line an
/// event; a line is in the kernel's hands before the reply is sent. Without a file it lasts as long as the process.
/// </summary>
public sealed class EchoJournal : IDisposable
{
    readonly Lock _lock = new();
    readonly Dictionary<(string Client, ulong Xid), ulong> _executed = [];
    readonly Dictionary<(string Client, ulong Handle), ulong> _cookies = [];
    readonly FileStream? _file;

    public EchoJournal(string? path)
    {
        if (path is null)
            return;
        if (File.Exists(path))
        {
            foreach (string line in File.ReadLines(path))
                Read(line.Split(' '));
        }
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>Requests executed, in all lives.</summary>
    public int Executed
    {
        get
        {
            lock (_lock)
                return _executed.Count;
        }
    }

    /// <summary>Executes a counted request, or says what it gave when it was executed before.</summary>
    public ulong Execute(string client, ulong xid, ulong operation)
    {
        lock (_lock)
        {
            if (_executed.TryGetValue((client, xid), out ulong value))
                return value;
            value = (ulong)_executed.Count + 1;
            Append($"executed {client} {xid} {value} {operation}");
            _executed.Add((client, xid), value);
            return value;
        }
    }

    public void Connected(string client, ulong handle, ulong cookie)
    {
        lock (_lock)
        {
            if (_cookies.TryAdd((client, handle), cookie))
                Append($"client {client} {handle} {cookie}");
        }
    }

    public ulong CookieOf(string client, ulong handle)
    {
        lock (_lock)
            return _cookies.GetValueOrDefault((client, handle));
    }

    public void Dispose() => _file?.Dispose();

    void Read(string[] words)
    {
        if (words is ["executed", var client, var xid, var value, _])
            _executed[(client, Number(xid))] = Number(value);
        else if (words is ["client", var name, var handle, var cookie])
            _cookies[(name, Number(handle))] = Number(cookie);
    }

    void Append(string line)
    {
        _file?.Write(System.Text.Encoding.ASCII.GetBytes(line + "\n"));
    }

    static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
