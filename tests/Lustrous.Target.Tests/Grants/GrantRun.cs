using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Target.Grants;
using Xunit;

namespace Lustrous.Target.Tests.Grants;

/// <summary>
/// Clients that behave like an OSC, on a small OST that they fill: they dirty what they were granted, write it later,
/// in
/// any order, leave and come back. What they dirtied under a grant must never fail.
/// </summary>
sealed class GrantRun(ulong seed) : IAsyncDisposable
{
    const long Tax = 24 << 10;

    readonly SeededRandom _random = new(seed);
    readonly MemDevice _device = new(
        GrantTableTests.ContextOf(seed),
        new MemDeviceOptions { CapacityBytes = 24 << 20, CommitDelay = TimeSpan.FromHours(1) });
    readonly List<Client> _clients = [];
    GrantTable _table = null!;
    long _written;

    public ValueTask DisposeAsync() => _device.DisposeAsync();

    public void Run()
    {
        _table = new GrantTable(_device);
        for (int i = 0; i < 4; i++)
            _clients.Add(NewClient((uint)i + 1));
        for (int step = 0; step < 600; step++)
        {
            Client client = _clients[_random.Next(_clients.Count)];
            switch (_random.Next(12))
            {
                case 0 when client.Dirty.Count == 0:
                    Reconnect(client);
                    break;
                case 1:
                    _device.CommitSoon();
                    break;
                case 2:
                    Truncate(client);
                    break;
                case < 8:
                    DirtyMore(client);
                    break;
                default:
                    Write(client);
                    break;
            }
            Check();
        }
        foreach (Client client in _clients)
        {
            while (client.Dirty.Count > 0)
                Write(client);
        }
        Assert.True(_written > 10 << 20, $"seed {seed}: hardly anything was written");
        _device.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Assert.True(_table.TotalPending == 0, $"seed {seed}");
    }

    Client NewClient(uint id)
    {
        IDtObject file = _device.Locate(new Fid(FidSeq.NORMAL, id));
        DtTransaction transaction = _device.Begin();
        Assert.Equal(Errno.OK, transaction.DeclareCreate());
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, file.Create(
            transaction, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular }, DtObjectFormat.Regular));
        transaction.Stop();
        var client = new Client(file, hasParameters: id % 2 == 0);
        Connect(client, isNew: true);
        return client;
    }

    void Connect(Client client, bool isNew)
    {
        ObdConnectData reply = GrantTableTests.Connect(4 << 20, client.HasParameters ? ConnectFlags.GRANT_PARAM : 0);
        _table.Connect(client.Server, ref reply, isNew);
        client.Grant = reply.Grant;
    }

    void Reconnect(Client client)
    {
        bool leaves = _random.Next(2) == 0;
        if (leaves)
            _table.Discard(client.Server);
        Connect(client, isNew: leaves);
    }

    void Truncate(Client client)
    {
        DtTransaction transaction = _device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, client.File.Punch(transaction, 0, DtRange.Eof));
        transaction.Stop();
    }

    /// <summary>A program writes: into the cache, as far as the grant goes.</summary>
    void DirtyMore(Client client)
    {
        int pages = 1 + _random.Next(64);
        long cost = client.CostOf(pages);
        if (client.Grant < cost)
            return;
        client.Grant -= cost;
        client.DirtyBytes += cost;
        client.Dirty.Add((client.NextPage, pages));
        client.NextPage += pages;
    }

    /// <summary>An RPC goes out: the cache is written, or something without grant.</summary>
    void Write(Client client)
    {
        bool isGranted = client.Dirty.Count > 0;
        (long page, int pages) = (client.NextPage, 16);
        long used = 0;
        if (isGranted)
        {
            int at = _random.Next(client.Dirty.Count);
            (page, pages) = client.Dirty[at];
            client.Dirty.RemoveAt(at);
            used = client.CostOf(pages);
        }
        NiobufRemote[] buffers =
        [
            new()
            {
                Offset = (ulong)page << 12,
                Length = (uint)pages << 12,
                Flags = isGranted ? BrwFlags.FROM_GRANT : 0,
            },
        ];
        Obdo body = GrantTableTests.Announce(
            client.DirtyBytes, 8 << 20, client.Grant, client.HasParameters ? used : 0);
        client.DirtyBytes -= used;
        if (_table.WantsSync(client.Server, buffers))
            _device.CommitSoon();
        long pending = _table.PrepareWrite(client.Server, ref body, buffers);
        client.Grant += (long)body.Grant;
        bool hasRoom = (buffers[0].Flags & BrwFlags.GRANTED) != 0;
        Assert.True(hasRoom || !isGranted, $"seed {seed}: what was granted was refused");
        if (!hasRoom)
        {
            _table.Commit(client.Server, pending, Errno.ENOSPC);
            return;
        }
        DtTransaction transaction = _device.Begin();
        Errno error = transaction.DeclareWrite(client.File, page << 12, (long)pages << 12);
        Assert.True(error == Errno.OK, $"seed {seed}: no room for what was granted");
        GrantTable table = _table;
        transaction.OnCommit((state, _, status) => table.Commit((GrantClient)state!, pending, status), client.Server);
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, client.File.Write(transaction, page << 12, new byte[pages << 12]));
        transaction.Stop();
        _written += (long)pages << 12;
    }

    void Check()
    {
        long granted = _table.Self.Granted + _table.Self.Pending;
        long dirty = 0;
        long pending = _table.Self.Pending;
        foreach (Client client in _clients)
        {
            Assert.True(client.Server is { Granted: >= 0, Dirty: >= 0, Pending: >= 0 }, $"seed {seed}");
            // Client and server agree: nothing is on its way.
            Assert.True(client.Server.Granted == client.Grant + client.DirtyBytes, $"seed {seed}");
            granted += client.Server.Granted + client.Server.Pending;
            dirty += client.Server.Dirty;
            pending += client.Server.Pending;
        }
        Assert.True(granted == _table.TotalGranted, $"seed {seed}");
        Assert.True(dirty == _table.TotalDirty, $"seed {seed}");
        Assert.True(pending == _table.TotalPending, $"seed {seed}");
        // Promises, without what is written already and only not yet committed.
        Assert.True(granted - pending <= _device.FreeBytes, $"seed {seed}: more was promised than there is");
    }

    sealed class Client(IDtObject file, bool hasParameters)
    {
        public IDtObject File { get; } = file;

        public bool HasParameters { get; } = hasParameters;

        public GrantClient Server { get; } = new();

        public long Grant { get; set; }

        public long DirtyBytes { get; set; }

        public List<(long Page, int Pages)> Dirty { get; } = [];

        public long NextPage { get; set; }

        public long CostOf(int pages) => ((long)pages << 12) + (HasParameters ? Tax : 0);
    }
}
