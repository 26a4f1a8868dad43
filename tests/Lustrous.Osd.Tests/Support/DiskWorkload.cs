using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Xunit;

namespace Lustrous.Osd.Tests.Support;

/// <summary>Transactions at random on one device, one after the other, and what the device must hold after each of
/// them.</summary>
sealed class DiskWorkload(IDtDevice device, SeededRandom random)
{
    const int Objects = 7;

    sealed record Item(byte[] Body, Dictionary<string, uint> Names, string Xattr);

    readonly List<Dictionary<uint, Item>> _states = [[]];       // by sequence, less the first
    ulong _first;
    bool _begun;

    /// <summary>Sequence of the last transaction.</summary>
    public ulong Last => _first + (ulong)_states.Count - 1;

    static Fid FidOf(uint id) => new(FidSeq.NORMAL + 7, id);

    /// <summary>One transaction.</summary>
    public async Task StepAsync()
    {
        if (!_begun)
            _first = device.CommittedSequence;
        _begun = true;
        uint id = 1 + (uint)random.Next(Objects);
        IDtObject target = device.Locate(FidOf(id));
        Dictionary<uint, Item> state = new(_states[^1]);
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        if (!state.TryGetValue(id, out Item? item))
        {
            bool isDirectory = id % 3 == 0;
            var attributes = new DtAttributes
            {
                Valid = DtValid.Mode,
                Mode = isDirectory ? DtMode.Directory : DtMode.Regular,
            };
            Assert.Equal(Errno.OK, target.Create(
                transaction, attributes, isDirectory ? DtObjectFormat.Directory : DtObjectFormat.Regular));
            item = new Item([], new Dictionary<string, uint>(), "");
        }
        else if (random.Next(25) == 0)
        {
            Assert.Equal(Errno.OK, target.Destroy(transaction));
            item = null;
        }
        else if (random.Next(6) == 0)
        {
            string value = new('x', random.Next(300));
            Assert.Equal(Errno.OK, target.SetXattr(transaction, "user.x"u8, Encoding.ASCII.GetBytes(value)));
            item = item with { Xattr = value };
        }
        else
        {
            item = id % 3 == 0 ? Names(transaction, target, item) : await BodyAsync(transaction, target, item);
        }
        if (item is null)
            state.Remove(id);
        else
            state[id] = item;
        transaction.Stop();
        _states.Add(state);
    }

    /// <summary>The device holds what it held after the transaction it says that it has committed.</summary>
    public async Task CheckAsync(IDtDevice reopened)
    {
        Assert.InRange(reopened.CommittedSequence, _first, Last);
        Dictionary<uint, Item> state = _states[(int)(reopened.CommittedSequence - _first)];
        for (uint id = 1; id <= Objects; id++)
        {
            IDtObject found = reopened.Locate(FidOf(id));
            Assert.Equal(state.ContainsKey(id), found.Exists);
            if (!state.TryGetValue(id, out Item? item))
                continue;
            byte[] xattr = new byte[400];
            Result<int> length = found.GetXattr("user.x"u8, xattr);
            Assert.Equal(item.Xattr, length.Failed ? "" : Encoding.ASCII.GetString(xattr, 0, length.Value));
            if (id % 3 == 0)
                CheckNames(found, item);
            else
                await CheckBodyAsync(reopened, found, item);
        }
    }

    /// <summary>Something of the device is damaged: whatever it gives out is what was written last, or EIO. Returns how
    /// often it was EIO.</summary>
    public int CheckDamaged(IDtDevice damaged)
    {
        Assert.Equal(Last, damaged.CommittedSequence);
        Dictionary<uint, Item> state = _states[^1];
        int errors = 0;
        for (uint id = 1; id <= Objects; id++)
        {
            Result<IDtObject> found = damaged.Find(FidOf(id));
            if (IsError(found.Error, state.ContainsKey(id) ? Errno.OK : Errno.ENOENT, ref errors)
                || !state.TryGetValue(id, out Item? item))
                continue;
            byte[] xattr = new byte[400];
            Result<int> length = found.Value.GetXattr("user.x"u8, xattr);
            // One that was never set is none.
            if (!(item.Xattr.Length == 0 && length.Error == Errno.ENODATA)
                && !IsError(length.Error, Errno.OK, ref errors))
                Assert.Equal(item.Xattr, Encoding.ASCII.GetString(xattr, 0, length.Value));
            foreach ((string name, uint entry) in item.Names)
            {
                Errno error = found.Value.Lookup(Encoding.ASCII.GetBytes(name), out DtEntry there);
                if (!IsError(error, Errno.OK, ref errors))
                    Assert.Equal(entry, there.Fid.ObjectId);
            }
            for (int at = 0; at < item.Body.Length; at += 4096)
            {
                byte[] block = new byte[Math.Min(4096, item.Body.Length - at)];
                if (!IsError(found.Value.Read(at, block).Error, Errno.OK, ref errors))
                    Assert.True(block.AsSpan().SequenceEqual(item.Body.AsSpan(at, block.Length)), $"object {id}");
            }
        }
        return errors;
    }

    static bool IsError(Errno error, Errno expected, ref int errors)
    {
        if (error == Errno.EIO)
        {
            errors++;
            return true;
        }
        Assert.Equal(expected, error);
        return false;
    }

    static void CheckNames(IDtObject directory, Item item)
    {
        var names = new Dictionary<string, uint>();
        using DtDirectoryIterator iterator = directory.Iterate(0);
        while (iterator.MoveNext())
            names.Add(Encoding.ASCII.GetString(iterator.Name), iterator.Entry.Fid.ObjectId);
        Assert.Equal(
            item.Names.OrderBy(n => n.Key, StringComparer.Ordinal),
            names.OrderBy(n => n.Key, StringComparer.Ordinal));
        Assert.Equal(item.Names.Count, directory.EntryCount);
    }

    static async Task CheckBodyAsync(IDtDevice device, IDtObject file, Item item)
    {
        using DtBuffers buffers = device.NewBuffers();
        Result<int> read = await file.GetReadBuffersAsync(buffers, 0, item.Body.Length + 1);
        Assert.Equal(Errno.OK, read.Error);
        Assert.Equal(item.Body.Length, read.Value);
        int at = 0;
        foreach (IoVec vector in buffers.Vectors)
        {
            Assert.True(vector.Span.SequenceEqual(item.Body.AsSpan(at, vector.Length)), $"{file.Fid} differs");
            at += vector.Length;
        }
    }

    Item Names(DtTransaction transaction, IDtObject directory, Item item)
    {
        var names = new Dictionary<string, uint>(item.Names);
        for (int i = 0; i < 5; i++)
        {
            string name = $"name-{random.Next(40)}";
            byte[] bytes = Encoding.ASCII.GetBytes(name);
            var entry = new DtEntry(new Fid(FidSeq.NORMAL, (uint)random.Next(1000)), DtMode.Regular);
            if (names.TryAdd(name, entry.Fid.ObjectId))
            {
                Assert.Equal(Errno.OK, directory.Insert(transaction, bytes, entry));
            }
            else if (random.Next(2) == 0)
            {
                Assert.Equal(Errno.OK, directory.Replace(transaction, bytes, entry));
                names[name] = entry.Fid.ObjectId;
            }
            else
            {
                Assert.Equal(Errno.OK, directory.Remove(transaction, bytes));
                names.Remove(name);
            }
        }
        return item with { Names = names };
    }

    async Task<Item> BodyAsync(DtTransaction transaction, IDtObject file, Item item)
    {
        int offset = random.Next(200_000);
        int length = 1 + random.Next(random.Next(3) == 0 ? 150_000 : 9000);
        if (random.Next(2) == 0)
            (offset, length) = (offset & ~4095, (length + 4095) & ~4095);
        byte[] body = item.Body;
        switch (random.Next(6))
        {
            case 0:
                Assert.Equal(Errno.OK, file.Punch(transaction, offset, offset + length));
                body = (byte[])body.Clone();
                if (offset < body.Length)
                    body.AsSpan(offset, Math.Min(length, body.Length - offset)).Clear();
                break;
            case 1:
                Assert.Equal(Errno.OK, file.Punch(transaction, offset, DtRange.Eof));
                Array.Resize(ref body, offset);
                break;
            case 2:
                byte[] record = NewBytes(Math.Min(length, 500));
                Assert.Equal(Errno.OK, file.Write(transaction, offset, record));
                body = With(body, offset, record);
                break;
            default:
                byte[] data = NewBytes(length);
                await WriteAsync(transaction, file, offset, data);
                body = With(body, offset, data);
                break;
        }
        return item with { Body = body };
    }

    async Task WriteAsync(DtTransaction transaction, IDtObject file, int offset, byte[] data)
    {
        using DtBuffers buffers = device.NewBuffers();
        Assert.Equal(Errno.OK, await file.GetWriteBuffersAsync(buffers, offset, data.Length));
        int at = 0;
        foreach (IoVec vector in buffers.Vectors)
        {
            data.AsSpan(at, vector.Length).CopyTo(vector.Span);
            at += vector.Length;
        }
        Assert.Equal(Errno.OK, await file.CommitWriteAsync(transaction, buffers));
    }

    byte[] NewBytes(int length)
    {
        byte[] bytes = new byte[length];
        ulong seed = random.NextUInt64();
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)(seed + (ulong)(i * 31) + ((ulong)i >> 8));
        return bytes;
    }

    static byte[] With(byte[] body, int offset, byte[] bytes)
    {
        byte[] changed = new byte[Math.Max(body.Length, offset + bytes.Length)];
        body.CopyTo(changed, 0);
        bytes.CopyTo(changed, offset);
        return changed;
    }
}
