using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Tests.Support;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Osd.Tests.Conformance;

// Anything at random, compared with a model that is too simple to be wrong.
public abstract partial class DtConformance
{
    [Fact]
    public void Whatever_is_done_the_device_agrees_with_a_naive_model() => Seeds.Each(20, seed =>
    {
        try
        {
            RunModelAsync(seed).GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"LUSTROUS_SEED={seed}", e);
        }
    });

    async Task RunModelAsync(ulong seed)
    {
        _device = null;
        Make(new DtTestOptions
        {
            CapacityBytes = 24 << 20,
            MaxObjects = 200,
            CommitDelay = seed % 2 == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(5),
        });
        var random = new SeededRandom(seed);
        var model = new DtModel();
        for (int step = 0; step < 400; step++)
        {
            Fid fid = new(FidSeq.NORMAL + 5, (uint)(1 + random.Next(8)));
            await StepAsync(random, model, Device.Locate(fid));
            if (random.Next(20) == 0)
                _world.Clock.Advance(TimeSpan.FromSeconds(random.Next(8)));
            if (step % 8 == 0)
                model.CheckLent();
        }
        foreach (uint id in Enumerable.Range(1, 8))
            await CompareAsync(model, Device.Locate(new Fid(FidSeq.NORMAL + 5, id)));
        model.ReturnLent();
    }

    async Task StepAsync(SeededRandom random, DtModel model, IDtObject dtObject)
    {
        DtModel.Item? item = model.Find(dtObject.Fid);
        Assert.Equal(item is not null, dtObject.Exists);
        if (item is null)
        {
            bool isDirectory = random.Next(3) == 0;
            if (TryChange(t => dtObject.Create(
                t, FileAttributes, isDirectory ? DtObjectFormat.Directory : DtObjectFormat.Regular),
                t => t.DeclareCreate()))
                model.Add(dtObject.Fid, isDirectory);
            return;
        }
        switch (random.Next(25))
        {
            case 0:
                Change(t => dtObject.Destroy(t));
                model.Remove(dtObject.Fid);
                return;
            case 1:
                await CompareAsync(model, dtObject);
                return;
            case 2 or 3:
                StepXattr(random, item, dtObject);
                return;
        }
        if (item.Names is { } names)
            StepName(random, names, dtObject);
        else
            await StepBodyAsync(random, model, item, dtObject);
    }

    void StepXattr(SeededRandom random, DtModel.Item item, IDtObject dtObject)
    {
        string name = $"user.{random.Next(5)}";
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        if (random.Next(3) == 0)
        {
            bool removed = TryChange(t => dtObject.DeleteXattr(t, bytes));
            Assert.Equal(item.Xattrs.Remove(name), removed);
            return;
        }
        byte[] value = Pattern(random.Next(300), random.Next(256));
        if (TryChange(t => dtObject.SetXattr(t, bytes, value), t => t.DeclareXattr(value.Length)))
            item.Xattrs[name] = value;
    }

    void StepName(SeededRandom random, SortedDictionary<string, DtEntry> names, IDtObject dtObject)
    {
        // More names than one node of a tree has.
        for (int i = 0; i < 30; i++)
        {
            string name = $"n{random.Next(400)}";
            byte[] bytes = Encoding.ASCII.GetBytes(name);
            var entry = new DtEntry(new Fid(FidSeq.NORMAL, (uint)random.Next(1000)), DtMode.Regular);
            switch (random.Next(4))
            {
                case 0:
                    Assert.Equal(names.Remove(name), TryChange(t => dtObject.Remove(t, bytes)));
                    break;
                case 1:
                    bool replaced = TryChange(t => dtObject.Replace(t, bytes, entry));
                    Assert.Equal(names.ContainsKey(name), replaced);
                    if (replaced)
                        names[name] = entry;
                    break;
                default:
                    if (TryChange(t => dtObject.Insert(t, bytes, entry), t => t.DeclareInsert(bytes.Length)))
                        names.Add(name, entry);
                    break;
            }
        }
    }

    async Task StepBodyAsync(SeededRandom random, DtModel model, DtModel.Item item, IDtObject dtObject)
    {
        int offset = random.Next(3 << 20);
        int length = 1 + random.Next(random.Next(4) == 0 ? 1 << 20 : 9000);
        if (random.Next(3) == 0)
            (offset, length) = (offset & ~0xFFFF, (length + 0xFFFF) & ~0xFFFF);
        switch (random.Next(9))
        {
            case 0:
                Change(t => dtObject.Punch(t, offset, offset + length));
                item.Clear(offset, length);
                break;
            case 1:
                Change(t => dtObject.Punch(t, offset, DtRange.Eof));
                item.Resize(offset);
                break;
            case 2:
                if (TryChange(t => dtObject.Fallocate(t, DtFallocateModes.None, offset, offset + length),
                    t => t.DeclareWrite(dtObject, offset, length)))
                    item.Resize(Math.Max(item.Size, offset + length));
                break;
            case 3:
                if (TryChange(t => dtObject.Fallocate(
                    t, DtFallocateModes.ZeroRange | DtFallocateModes.KeepSize, offset, offset + length),
                    t => t.DeclareWrite(dtObject, offset, length)))
                    item.Clear(offset, length);
                break;
            case 4:
                DtBuffers lent = Device.NewBuffers();
                Result<int> read = await dtObject.GetReadBuffersAsync(lent, offset, length);
                byte[] expected = item.Read(offset, length);
                Assert.Equal(expected.Length, read.Value);
                model.Lend(lent, expected);
                break;
            case 5:
                byte[] record = Pattern(Math.Min(length, 9000), random.Next(256));
                if (TryChange(t => dtObject.Write(t, offset, record),
                    t => t.DeclareWrite(dtObject, offset, record.Length)))
                    item.Write(offset, record);
                break;
            default:
                byte[] data = Pattern(length, random.Next(256));
                if (await TryWriteAsync(dtObject, offset, data) == Errno.OK)
                    item.Write(offset, data);
                break;
        }
    }

    async Task CompareAsync(DtModel model, IDtObject dtObject)
    {
        DtModel.Item? item = model.Find(dtObject.Fid);
        Assert.Equal(item is not null, dtObject.Exists);
        if (item is null)
            return;
        byte[] listed = new byte[1000];
        Assert.Equal(item.Xattrs.Keys.Sum(name => name.Length + 1), dtObject.ListXattrs(listed).Value);
        foreach ((string name, byte[] value) in item.Xattrs)
        {
            byte[] found = new byte[1000];
            Assert.Equal(value.Length, dtObject.GetXattr(Encoding.ASCII.GetBytes(name), found).Value);
            Assert.Equal(value, found[..value.Length]);
        }
        if (item.Names is { } names)
        {
            Assert.Equal(names.Count, dtObject.EntryCount);
            Assert.True(List(dtObject, 0).Select(entry => entry.Name).ToHashSet().SetEquals(names.Keys));
            foreach ((string name, DtEntry entry) in names)
            {
                Ok(dtObject.Lookup(Encoding.ASCII.GetBytes(name), out DtEntry found));
                Assert.Equal(entry, found);
            }
            return;
        }
        Assert.Equal((ulong)item.Size, AttributesOf(dtObject).Size);
        Assert.Equal(item.Read(0, item.Size), await ReadAsync(dtObject, 0, item.Size + 1));
    }

    /// <summary>A change that may be refused; one that is must have changed nothing, which the model then
    /// shows.</summary>
    bool TryChange(Func<DtTransaction, Errno> change, Func<DtTransaction, Errno>? declare = null)
    {
        DtTransaction transaction = Device.Begin();
        Errno error = declare?.Invoke(transaction) ?? Errno.OK;
        if (error == Errno.OK)
        {
            Ok(transaction.Start());
            error = change(transaction);
            Assert.False(declare is not null && error == Errno.ENOSPC, "what was declared has room");
        }
        transaction.Stop(error);
        return error == Errno.OK;
    }
}
