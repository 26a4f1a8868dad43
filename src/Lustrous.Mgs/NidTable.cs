using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;

namespace Lustrous.Mgs;

/// <summary>
/// Where the targets of a file system are, each row with the version at which it last changed: what clients read for
/// imperative recovery (<c>struct mgs_nidtbl</c>). Used under the MGS's lock.
/// </summary>
/// <remarks>Source: lustre/mgs/mgs_nids.c.</remarks>
sealed class NidTable
{
    const ulong InitialVersion = 2; // MGS_NIDTBL_VERSION_INIT

    readonly List<Row> _rows = [];  // by rising version

    /// <summary>Of the row that changed last.</summary>
    public ulong Version { get; private set; } = InitialVersion;

    /// <summary>Whether a target has ever taken clients.</summary>
    public bool Contains(bool isMdt, uint index) => _rows.Exists(row => row.IsMdt == isMdt && row.Index == index);

    /// <summary>Notes where a target is; it becomes the last row.</summary>
    public void Update(bool isMdt, uint index, uint instance, IReadOnlyList<Nid> nids)
    {
        _rows.RemoveAll(row => row.IsMdt == isMdt && row.Index == index);
        _rows.Add(new Row(++Version, isMdt, index, instance, nids));
    }

    /// <summary>All of it as bytes: clients that knew an earlier life of the MGS go on from the version they
    /// have.</summary>
    public byte[] Save()
    {
        var bytes = new ArrayBufferWriter<byte>();
        Write(bytes, Version);
        foreach (Row row in _rows)
        {
            Write(bytes, row.Version);
            Write(bytes, row.IsMdt ? 1 : 0);
            Write(bytes, row.Index);
            Write(bytes, row.Instance);
            Write(bytes, row.Nids.Count);
            foreach (Nid nid in row.Nids)
                Write(bytes, nid);
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Takes what <see cref="Save"/> gave; false, and nothing is taken, when it is damaged.</summary>
    public bool TryLoad(ReadOnlySpan<byte> bytes)
    {
        var rows = new List<Row>();
        if (!TryTake(ref bytes, out ulong version))
            return false;
        while (!bytes.IsEmpty)
        {
            if (!TryTake(ref bytes, out ulong rowVersion) || !TryTake(ref bytes, out int isMdt)
                || !TryTake(ref bytes, out uint index) || !TryTake(ref bytes, out uint instance)
                || !TryTake(ref bytes, out int count) || rowVersion > version
                || count < 0 || count > bytes.Length / Unsafe.SizeOf<Nid>())
                return false;
            var nids = new Nid[count];
            for (int i = 0; i < count; i++)
                _ = TryTake(ref bytes, out nids[i]);
            rows.Add(new Row(rowVersion, isMdt != 0, index, instance, nids));
        }
        _rows.Clear();
        _rows.AddRange(rows);
        Version = version;
        return true;
    }

    static void Write<T>(ArrayBufferWriter<byte> into, T value) where T : unmanaged
    {
        MemoryMarshal.Write(into.GetSpan(Unsafe.SizeOf<T>()), in value);
        into.Advance(Unsafe.SizeOf<T>());
    }

    static bool TryTake<T>(ref ReadOnlySpan<byte> bytes, out T value) where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(bytes, out value))
            return false;
        bytes = bytes[Unsafe.SizeOf<T>()..];
        return true;
    }

    /// <summary>Packs rows from a version on into units that no row straddles.</summary>
    /// <param name="from">Version of the first row wanted.</param>
    /// <param name="nidSize">Bytes of a NID; 0 for the 8-byte ones.</param>
    /// <param name="unitSize">A power of two.</param>
    /// <param name="unitCount">How many the client has room for.</param>
    /// <param name="result">Where to go on, and the table's version.</param>
    /// <returns>EOVERFLOW when a row does not fit a unit, or has no NID of the size.</returns>
    public Result<byte[]> Read(ulong from, int nidSize, int unitSize, int unitCount, out MgsConfigRes result)
    {
        var packed = new List<byte>();
        int unitLeft = 0, unitsLeft = unitCount, lastRow = -1;
        ulong version = Math.Min(from, Version);
        bool full = false;
        result = default;
        foreach (Row row in _rows)
        {
            if (row.Version < from)
                continue;
            byte[] bytes = Pack(row, nidSize);
            if (bytes.Length > unitSize || bytes.Length == Unsafe.SizeOf<MgsNidTableEntry>())
                return Errno.EOVERFLOW;
            if (unitLeft < bytes.Length)
            {
                full = unitsLeft == 0;
                if (full)
                    break;
                if (lastRow >= 0 && unitLeft > 0)
                    StretchRow(packed, lastRow, unitLeft);
                unitLeft = unitSize;
                unitsLeft--;
            }
            lastRow = packed.Count;
            packed.AddRange(bytes);
            unitLeft -= bytes.Length;
            version = row.Version;
        }
        result = new MgsConfigRes { Offset = full ? version : Version, SizeOrNodemapPass = Version };
        return packed.ToArray();
    }

    /// <summary>The last row of a unit takes what is left of it.</summary>
    static void StretchRow(List<byte> packed, int row, int by)
    {
        ref MgsNidTableEntry entry = ref MemoryMarshal.AsRef<MgsNidTableEntry>(
            CollectionsMarshal.AsSpan(packed)[row..(row + Unsafe.SizeOf<MgsNidTableEntry>())]);
        entry.Length += (uint)by;
        packed.AddRange(new byte[by]);
    }

    static byte[] Pack(Row row, int nidSize)
    {
        List<Nid> nids = [.. row.Nids.Where(nid => nidSize != 0 || nid.IsNid4)];
        int bytesOfNid = nidSize == 0 ? sizeof(ulong) : nidSize;
        var bytes = new byte[Unsafe.SizeOf<MgsNidTableEntry>() + nids.Count * bytesOfNid];
        MemoryMarshal.Write(bytes, new MgsNidTableEntry
        {
            Version = row.Version,
            Instance = row.Instance,
            Index = row.Index,
            Length = (uint)bytes.Length,
            Type = (byte)(row.IsMdt ? LddFlags.SV_TYPE_MDT : LddFlags.SV_TYPE_OST),
            NidType = (byte)(nidSize == 0 ? 0 : 1),
            NidSize = (byte)bytesOfNid,
            NidCount = (byte)nids.Count,
        });
        Span<byte> at = bytes.AsSpan(Unsafe.SizeOf<MgsNidTableEntry>());
        foreach (Nid nid in nids)
        {
            ReadOnlySpan<byte> large = MemoryMarshal.AsBytes(new ReadOnlySpan<Nid>(in nid));
            if (nidSize == 0)
                MemoryMarshal.Write(at, nid.ToNid4());
            else
                large[..Math.Min(nidSize, large.Length)].CopyTo(at);
            at = at[bytesOfNid..];
        }
        return bytes;
    }

    sealed record Row(ulong Version, bool IsMdt, uint Index, uint Instance, IReadOnlyList<Nid> Nids);
}
