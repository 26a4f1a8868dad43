using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Tests.Support;
using Xunit;

namespace Lustrous.Osd.Tests.Conformance;

/// <summary>
/// What every device must do (Lustrous.Obdclass.Storage). A device's tests derive from it, and make the device.
/// </summary>
public abstract partial class DtConformance : IAsyncLifetime
{
    static readonly DtAttributes s_file = new()
    {
        Valid = DtValid.Mode | DtValid.Uid | DtValid.Gid | DtValid.Times,
        Mode = DtMode.Regular | 0x1A4,
        Uid = 1000,
        Gid = 100,
        AccessTime = 1,
        ModifyTime = 2,
        ChangeTime = 3,
    };

    readonly DtWorld _world = new();
    readonly List<IDtDevice> _devices = [];
    IDtDevice? _device;
    long _baseline;
    uint _nextId = 1;

    internal abstract IDtDevice NewDevice(DtWorld world, DtTestOptions options);

    /// <summary>All devices of the test are gone.</summary>
    protected virtual void AfterDevices()
    {
    }

    /// <summary>The device of a test that needs nothing special.</summary>
    IDtDevice Device => _device ??= Make(new DtTestOptions());

    public ValueTask InitializeAsync() => default;

    /// <summary>Whatever a test did, no memory may be left.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (IDtDevice device in _devices)
            await device.DisposeAsync();
        AfterDevices();
        Assert.Equal(0, _world.Buffers.OutstandingBytes);
        GC.SuppressFinalize(this);
    }

    static DtAttributes FileAttributes => s_file;

    IDtDevice Make(DtTestOptions options)
    {
        IDtDevice device = NewDevice(_world, options);
        _devices.Add(device);
        _device ??= device;
        _baseline = _world.Buffers.OutstandingBytes;
        return device;
    }

    Fid NewFid() => new(FidSeq.NORMAL, _nextId++);

    static void Ok(Errno error) => Assert.Equal(Errno.OK, error);

    /// <summary>One change in a transaction of its own.</summary>
    void Change(Func<DtTransaction, Errno> change, Func<DtTransaction, Errno>? declare = null)
    {
        DtTransaction transaction = Device.Begin();
        if (declare is not null)
            Ok(declare(transaction));
        Ok(transaction.Start());
        Errno error = change(transaction);
        transaction.Stop(error);
        Ok(error);
    }

    /// <summary>A change that must be refused.</summary>
    void Refused(Errno expected, Func<DtTransaction, Errno> change)
    {
        DtTransaction transaction = Device.Begin();
        Ok(transaction.Start());
        Errno error = change(transaction);
        transaction.Stop(error);
        Assert.Equal(expected, error);
    }

    IDtObject NewFile() => NewObject(FileAttributes, DtObjectFormat.Regular);

    IDtObject NewDirectory() => NewObject(
        FileAttributes with { Mode = DtMode.Directory | 0x1ED }, DtObjectFormat.Directory);

    IDtObject NewObject(DtAttributes attributes, DtObjectFormat format)
    {
        IDtObject made = Device.Locate(NewFid());
        Change(t => made.Create(t, attributes, format), t => t.DeclareCreate());
        return made;
    }

    DtAttributes AttributesOf(IDtObject dtObject)
    {
        Ok(dtObject.GetAttributes(out DtAttributes attributes));
        return attributes;
    }

    /// <summary>Writes as a server does: takes memory, fills it, commits it.</summary>
    async Task<Errno> TryWriteAsync(IDtObject file, long offset, byte[] data)
    {
        using DtBuffers buffers = Device.NewBuffers();
        if (await file.GetWriteBuffersAsync(buffers, offset, data.Length) is var error and not Errno.OK)
            return error;
        Assert.Equal(data.Length, buffers.TotalBytes);
        int at = 0;
        foreach (IoVec vector in buffers.Vectors)
        {
            data.AsSpan(at, vector.Length).CopyTo(vector.Span);
            at += vector.Length;
        }
        DtTransaction transaction = Device.Begin();
        error = transaction.DeclareWrite(file, buffers);
        if (error == Errno.OK)
            error = transaction.Start();
        if (error == Errno.OK)
            error = await file.CommitWriteAsync(transaction, buffers);
        transaction.Stop(error);
        return error;
    }

    async Task WriteAsync(IDtObject file, long offset, byte[] data) =>
        Ok(await TryWriteAsync(file, offset, data));

    async Task<byte[]> ReadAsync(IDtObject file, long offset, int length)
    {
        using DtBuffers buffers = Device.NewBuffers();
        Result<int> read = await file.GetReadBuffersAsync(buffers, offset, length);
        Assert.Equal(read.Value, buffers.TotalBytes);
        return Flatten(buffers);
    }

    static byte[] Flatten(DtBuffers buffers)
    {
        byte[] all = new byte[buffers.TotalBytes];
        int at = 0;
        foreach (IoVec vector in buffers.Vectors)
        {
            vector.Span.CopyTo(all.AsSpan(at));
            at += vector.Length;
        }
        Assert.Equal(all.Length, at);
        return all;
    }

    static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)(seed + i * 31 + (i >> 8));
        return bytes;
    }
}
