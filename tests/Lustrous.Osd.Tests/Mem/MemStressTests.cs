using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Osd.Tests.Support;
using Xunit;

namespace Lustrous.Osd.Tests.Mem;

/// <summary>Many threads at once: nothing is torn, nothing is lost, nothing leaks.</summary>
public sealed class MemStressTests
{
    const int Page = 4096;
    const int Pages = 64;

    [Fact]
    public async Task Pages_are_never_torn_and_memory_comes_back()
    {
        var world = new DtWorld();
        await using (var device = new MemDevice(world.Context))
        {
            IDtObject file = Create(device, 1, DtObjectFormat.Regular);
            long baseline = world.Buffers.OutstandingBytes;
            var threads = new Thread[4];
            Exception? failure = null;
            for (int i = 0; i < threads.Length; i++)
            {
                int number = i;
                threads[i] = new Thread(() =>
                {
                    try
                    {
                        Hammer(device, file, new SeededRandom((ulong)number + 1));
                    }
                    catch (Exception e)
                    {
                        failure = e;
                    }
                });
                threads[i].Start();
            }
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Null(failure);
            DtTransaction transaction = device.Begin();
            Assert.Equal(Errno.OK, transaction.Start());
            Assert.Equal(Errno.OK, file.Destroy(transaction));
            transaction.Stop();
            Assert.Equal(baseline, world.Buffers.OutstandingBytes);
            Assert.Equal(0, device.ObjectCount);
            Assert.Equal(16L << 30, device.FreeBytes);
        }
        Assert.Equal(0, world.Buffers.OutstandingBytes);
    }

    [Fact]
    public void Commits_come_once_and_in_order_whoever_stops()
    {
        var world = new DtWorld();
        var device = new MemDevice(world.Context);
        var seen = new List<ulong>();       // callbacks come one at a time
        var threads = new Thread[4];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                for (int n = 0; n < 5000; n++)
                {
                    DtTransaction transaction = device.Begin();
                    transaction.OnCommit((_, sequence, _) => seen.Add(sequence), null);
                    transaction.Start();
                    transaction.Stop();
                }
            });
            threads[i].Start();
        }
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Equal(Enumerable.Range(1, 20000).Select(n => (ulong)n), seen);
        Assert.Equal(20000UL, device.CommittedSequence);
    }

    /// <summary>Every page of the file is at all times zero, or one byte over and over.</summary>
    static void Hammer(MemDevice device, IDtObject file, SeededRandom random)
    {
        byte[] page = new byte[Page];
        for (int i = 0; i < 3000; i++)
        {
            int first = random.Next(Pages);
            int count = 1 + random.Next(random.Next(4) == 0 ? Pages : 3);
            switch (random.Next(5))
            {
                case 0:
                    DtTransaction punch = device.Begin();
                    Assert.Equal(Errno.OK, punch.Start());
                    Assert.Equal(Errno.OK, file.Punch(
                        punch, (long)first * Page, random.Next(3) == 0 ? DtRange.Eof : (long)(first + count) * Page));
                    punch.Stop();
                    break;
                case 1:
                    page.AsSpan().Fill((byte)random.Next(256));
                    DtTransaction copy = device.Begin();
                    Assert.Equal(Errno.OK, copy.Start());
                    Assert.Equal(Errno.OK, file.Write(copy, (long)first * Page, page));
                    copy.Stop();
                    break;
                case 2:
                    Write(device, file, (long)first * Page, count * Page, (byte)random.Next(256));
                    break;
                default:
                    Read(device, file, (long)first * Page, count * Page);
                    break;
            }
        }
    }

    /// <summary>Memory never makes anybody wait.</summary>
    static T Now<T>(ValueTask<T> done) => done.IsCompletedSuccessfully
        ? done.Result
        : throw new InvalidOperationException("the device in memory made its caller wait");

    static void Write(MemDevice device, IDtObject file, long offset, int length, byte value)
    {
        using DtBuffers buffers = device.NewBuffers();
        Assert.Equal(Errno.OK, Now(file.GetWriteBuffersAsync(buffers, offset, length)));
        foreach (IoVec vector in buffers.Vectors)
            vector.Span.Fill(value);
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.DeclareWrite(file, buffers));
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, Now(file.CommitWriteAsync(transaction, buffers)));
        transaction.Stop();
    }

    static void Read(MemDevice device, IDtObject file, long offset, int length)
    {
        using DtBuffers buffers = device.NewBuffers();
        int read = Now(file.GetReadBuffersAsync(buffers, offset, length)).Value;
        byte[] all = new byte[read];
        for (int turn = 0; turn < 2; turn++)
        {
            int at = 0;
            foreach (IoVec vector in buffers.Vectors)
            {
                vector.Span.CopyTo(all.AsSpan(at));
                at += vector.Length;
            }
            for (int start = 0; start < read; start += Page)
            {
                ReadOnlySpan<byte> page = all.AsSpan(start, Math.Min(Page, read - start));
                Assert.False(page.ContainsAnyExcept(page[0]), "a torn page");
            }
        }
    }

    static IDtObject Create(MemDevice device, uint id, DtObjectFormat format)
    {
        IDtObject made = device.Locate(new Fid(FidSeq.NORMAL, id));
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.DeclareCreate());
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, made.Create(
            transaction, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular }, format));
        transaction.Stop();
        return made;
    }
}
