using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Xunit;

namespace Lustrous.Osd.Tests.Support;

/// <summary>What a device should hold, kept in the simplest way there is.</summary>
sealed class DtModel
{
    readonly Dictionary<Fid, Item> _items = [];
    readonly List<(DtBuffers Buffers, byte[] Expected)> _lent = [];

    public Item? Find(Fid fid) => _items.GetValueOrDefault(fid);

    public void Add(Fid fid, bool isDirectory) => _items.Add(fid, new Item(isDirectory));

    public void Remove(Fid fid) => _items.Remove(fid);

    /// <summary>Keeps buffers for a while, and with them what was in them.</summary>
    public void Lend(DtBuffers buffers, byte[] expected)
    {
        _lent.Add((buffers, expected));
        if (_lent.Count <= 6)
            return;
        _lent[0].Buffers.Dispose();
        _lent.RemoveAt(0);
    }

    public void CheckLent()
    {
        foreach ((DtBuffers buffers, byte[] expected) in _lent)
        {
            int at = 0;
            foreach (IoVec vector in buffers.Vectors)
            {
                Assert.True(vector.Span.SequenceEqual(expected.AsSpan(at, vector.Length)), "lent pages have changed");
                at += vector.Length;
            }
            Assert.Equal(expected.Length, at);
        }
    }

    public void ReturnLent()
    {
        foreach ((DtBuffers buffers, byte[] _) in _lent)
            buffers.Dispose();
        _lent.Clear();
    }

    public sealed class Item(bool isDirectory)
    {
        byte[] _body = [];

        public Dictionary<string, byte[]> Xattrs { get; } = [];

        public SortedDictionary<string, DtEntry>? Names { get; } =
            isDirectory ? new(StringComparer.Ordinal) : null;

        public int Size => _body.Length;

        public void Resize(int size) => Array.Resize(ref _body, size);

        public void Clear(int offset, int length)
        {
            int end = Math.Min(_body.Length, offset + length);
            if (offset < end)
                Array.Clear(_body, offset, end - offset);
        }

        public byte[] Read(int offset, int length) => offset >= _body.Length
            ? []
            : _body.AsSpan(offset, Math.Min(length, _body.Length - offset)).ToArray();

        public void Write(int offset, byte[] bytes)
        {
            if (offset + bytes.Length > _body.Length)
                Array.Resize(ref _body, offset + bytes.Length);
            bytes.CopyTo(_body, offset);
        }
    }
}
