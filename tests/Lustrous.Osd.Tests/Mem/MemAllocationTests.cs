using System.Diagnostics;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Osd.Tests.Support;
using Xunit;

namespace Lustrous.Osd.Tests.Mem;

/// <summary>The hot paths of a device in memory allocate nothing.</summary>
public sealed class MemAllocationTests : IAsyncLifetime
{
    readonly DtWorld _world = new(retainBytes: 256 << 20);
    readonly MemDevice _device;
    readonly IDtObject _file;
    readonly IDtObject _directory;
    readonly byte[][] _names = [.. Enumerable.Range(0, 20000).Select(i => Encoding.ASCII.GetBytes($"file-{i}"))];

    public MemAllocationTests()
    {
        _device = new MemDevice(_world.Context);
        _file = _device.Locate(new Fid(FidSeq.NORMAL, 1));
        _directory = _device.Locate(new Fid(FidSeq.NORMAL, 2));
        DtTransaction transaction = _device.Begin();
        transaction.DeclareCreate(2);
        transaction.Start();
        var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular };
        _file.Create(transaction, attributes, DtObjectFormat.Regular);
        _directory.Create(transaction, attributes with { Mode = DtMode.Directory }, DtObjectFormat.Directory);
        foreach (byte[] name in _names)
            _directory.Insert(transaction, name, new DtEntry(new Fid(FidSeq.NORMAL, 5), DtMode.Regular));
        transaction.Stop();
    }

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _device.DisposeAsync();

    [Fact]
    public void Attributes() => Measure("getattr by FID", 200_000, _ =>
    {
        Result<IDtObject> found = _device.Find(_file.Fid);
        return found.Value.GetAttributes(out DtAttributes attributes) == Errno.OK && attributes.Nlink == 1;
    });

    [Fact]
    public void Lookups_among_twenty_thousand_names() => Measure("lookup", 200_000, i =>
        _directory.Lookup(_names[i * 7919 % _names.Length], out DtEntry entry) == Errno.OK
        && entry.Type == DtMode.Regular);

    [Fact]
    public void Missing_names() => Measure("lookup of nothing", 200_000, i =>
        _directory.Lookup("there is no such name"u8, out _) == Errno.ENOENT);

    [Theory]
    [InlineData(4096, 50_000)]
    [InlineData(1 << 20, 1000)]
    public void Writes(int length, int count) => Measure($"write of {length}", count, i =>
        Write((long)(i % 64) * length, length));

    [Theory]
    [InlineData(4096, 100_000)]
    [InlineData(1 << 20, 10_000)]
    public void Reads(int length, int count)
    {
        for (int i = 0; i < 64; i++)
            Assert.True(Write((long)i * length, length));
        Measure($"read of {length}", count, i =>
        {
            using DtBuffers buffers = _device.NewBuffers();
            ValueTask<Result<int>> read = _file.GetReadBuffersAsync(buffers, (long)(i % 64) * length, length);
            return read.IsCompletedSuccessfully && read.Result.Value == length && buffers.TotalBytes == length;
        });
    }

    [Fact]
    public void Sets_of_attributes() => Measure("setattr", 100_000, i =>
    {
        DtTransaction transaction = _device.Begin();
        Errno error = transaction.Start();
        if (error == Errno.OK)
        {
            error = _file.SetAttributes(
                transaction, new DtAttributes { Valid = DtValid.ModifyTime, ModifyTime = i });
        }
        transaction.Stop(error);
        return error == Errno.OK;
    });

    bool Write(long offset, int length)
    {
        using DtBuffers buffers = _device.NewBuffers();
        ValueTask<Errno> got = _file.GetWriteBuffersAsync(buffers, offset, length);
        if (!got.IsCompletedSuccessfully || got.Result != Errno.OK)
            return false;
        DtTransaction transaction = _device.Begin();
        Errno error = transaction.DeclareWrite(_file, buffers);
        if (error == Errno.OK)
            error = transaction.Start();
        if (error == Errno.OK)
        {
            ValueTask<Errno> written = _file.CommitWriteAsync(transaction, buffers);
            error = written.IsCompletedSuccessfully ? written.Result : Errno.EINPROGRESS;
        }
        transaction.Stop(error);
        return error == Errno.OK;
    }

    static void Measure(string what, int count, Func<int, bool> act)
    {
        // The best of several rounds: a collection that another test causes counts what is left of a thread's memory.
        const int rounds = 5;
        long least = long.MaxValue;
        TimeSpan fastest = TimeSpan.MaxValue;
        for (int round = 0; round < rounds; round++)
        {
            bool ok = true;
            long start = Stopwatch.GetTimestamp();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < count / rounds; i++)
                ok &= act(i);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            TimeSpan each = Stopwatch.GetElapsedTime(start) / (count / rounds);
            fastest = each < fastest ? each : fastest;
            Assert.True(ok);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {fastest.TotalNanoseconds:F0} ns");
        Assert.True(least < count / rounds / 10, $"{what}: {least} bytes in {count / rounds}");
    }
}
