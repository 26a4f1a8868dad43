using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;

namespace Lustrous.Simulation.Storage;

/// <summary>
/// A disk that outlives its machine: has exactly the transactions that were committed, and after a crash any number of
/// those that had stopped and were not, in their order. Each life of the machine opens it as a
/// <see cref="CrashDevice"/>.
/// </summary>
public sealed class CrashDisk : IAsyncDisposable
{
    readonly MemDeviceOptions _options;
    readonly MemDevice _image;
    readonly Dictionary<Fid, DtObjectFormat> _formats = [];
    CrashDevice? _open;
    bool _isFrozen;

    /// <param name="host">A machine that never dies.</param>
    /// <param name="options">Of the devices.</param>
    public CrashDisk(SimHost host, MemDeviceOptions options)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        // Both sides order names alike.
        _options = options.HashKey != 0 ? options : options with { HashKey = host.Node.Random.NextUInt64() | 1 };
        _image = new MemDevice(host.Node, _options with { CommitDelay = TimeSpan.Zero, CapacityBytes = 1L << 40 });
    }

    public string Name => _options.Name;

    /// <summary>Transactions that are durable, ever.</summary>
    public long CommittedCount { get; private set; }

    /// <summary>Transactions that crashes have lost.</summary>
    public long LostCount { get; private set; }

    /// <summary>Nothing has ever been written.</summary>
    public bool IsEmpty => _formats.Count == 0;

    /// <summary>As it is on the platter: what a restart would find. Not to be changed.</summary>
    public IDtDevice Image => _image;

    /// <summary>For a new life of its machine.</summary>
    public CrashDevice Open(NodeContext context)
    {
        Lassert.That(_open is null, "a disk that is in use");
        var live = new MemDevice(context, _options with { CommitDelay = TimeSpan.FromDays(1) });
        DtTransaction transaction = live.Begin();
        Lassert.That(transaction.Start() == Errno.OK);
        foreach ((Fid fid, DtObjectFormat format) in _formats)
            Copy(fid, format, live, transaction);
        transaction.Stop();
        live.CommitSoon();
        return _open = new CrashDevice(this, context, live, _options.CommitDelay);
    }

    /// <summary>The machine has died: of what waited for its commit, the first
    /// <paramref name="kept"/> had reached the disk.</summary>
    public void Crash(int kept)
    {
        if (_open is not { } device)
            return;
        _open = null;
        LostCount += device.Die(kept);
        _isFrozen = false;
    }

    /// <summary>From here on nothing reaches the disk, though its machine is told so: the next crash brings back the
    /// disk of this moment.</summary>
    public void Freeze() => _isFrozen = true;

    /// <summary>How many transactions a crash might lose now.</summary>
    public int UncommittedCount => _open?.UncommittedCount ?? 0;

    public ValueTask DisposeAsync() => _image.DisposeAsync();

    internal void Closed() => _open = null;

    internal void Apply(List<Func<IDtDevice, DtTransaction, Errno>> changes)
    {
        if (_isFrozen)
        {
            LostCount++;
            return;
        }
        CommittedCount++;
        DtTransaction transaction = _image.Begin();
        Lassert.That(transaction.Start() == Errno.OK);
        foreach (Func<IDtDevice, DtTransaction, Errno> change in changes)
        {
            Errno error = change(_image, transaction);
            Lassert.That(error == Errno.OK, $"what the device has done the disk refuses: {error}");
        }
        transaction.Stop();
    }

    internal void Created(Fid fid, in DtObjectFormat format)
    {
        if (!_isFrozen)
            _formats[fid] = format;
    }

    internal void Destroyed(Fid fid)
    {
        if (!_isFrozen)
            _formats.Remove(fid);
    }

    void Copy(Fid fid, in DtObjectFormat format, MemDevice live, DtTransaction transaction)
    {
        IDtObject from = _image.Locate(fid);
        IDtObject to = live.Locate(fid);
        Check(from.GetAttributes(out DtAttributes attributes));
        Check(to.Create(transaction, attributes, format));
        switch (format.Kind)
        {
            case DtObjectKind.Directory:
                CopyNames(from, to, transaction);
                break;
            case DtObjectKind.Index:
                CopyRecords(from, to, transaction);
                break;
            case DtObjectKind.Regular:
                CopyBody(from, to, transaction);
                break;
        }
        CopyXattrs(from, to, transaction);
        Check(to.SetAttributes(transaction, attributes));
        Check(to.SetVersion(transaction, from.Version));
    }

    static void CopyNames(IDtObject from, IDtObject to, DtTransaction transaction)
    {
        using DtDirectoryIterator names = from.Iterate(0);
        while (names.MoveNext())
            Check(to.Insert(transaction, names.Name, names.Entry));
    }

    static void CopyRecords(IDtObject from, IDtObject to, DtTransaction transaction)
    {
        byte[] key = new byte[4096];
        byte[] record = new byte[65536];
        int keyLength = 0;
        bool after = false;
        while (from.IndexNext(key.AsSpan(0, keyLength), after, key, out keyLength, record, out int length) == Errno.OK)
        {
            Check(to.IndexInsert(transaction, key.AsSpan(0, keyLength), record.AsSpan(0, length)));
            after = true;
        }
    }

    static void CopyBody(IDtObject from, IDtObject to, DtTransaction transaction)
    {
        byte[] bytes = new byte[65536];
        long at = 0;
        while (from.Seek(at, hole: false) is { Failed: false } data)
        {
            at = data.Value;
            long end = from.Seek(at, hole: true).Value;
            for (; at < end; at += bytes.Length)
            {
                int length = from.Read(at, bytes.AsSpan(0, (int)Math.Min(bytes.Length, end - at))).Value;
                Check(to.Write(transaction, at, bytes.AsSpan(0, length)));
            }
            at = end;
        }
    }

    static void CopyXattrs(IDtObject from, IDtObject to, DtTransaction transaction)
    {
        byte[] names = new byte[65536];
        byte[] value = new byte[65536];
        ReadOnlySpan<byte> rest = names.AsSpan(0, from.ListXattrs(names).Value);
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> name = rest[..rest.IndexOf((byte)0)];
            rest = rest[(name.Length + 1)..];
            Check(to.SetXattr(transaction, name, value.AsSpan(0, from.GetXattr(name, value).Value)));
        }
    }

    static void Check(Errno error) => Lassert.That(error == Errno.OK, $"a disk cannot be copied: {error}");
}
