using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Peers;

/// <summary>
/// The body of a ping's answer and of a push (<c>struct lnet_ping_info</c>): a header, an entry for 0@lo whose status
/// is a sequence number, one for each 8-byte NID, then those with larger NIDs. In the writer's byte order.
/// </summary>
/// <remarks>Source: include/uapi/linux/lnet/lnet-idl.h; lnet_ping_target_install_locked and ping_iter_next.</remarks>
static class PingInfo
{
    public const ulong MatchBits = 0x8000000000000000;  // LNET_PROTO_PING_MATCHBITS
    public const int BufferSize = 4096;                 // sinks of ours; a longer list is cut

    const uint Magic = LNetProtocol.PING_MAGIC;
    const uint StatusUp = (uint)NiStatus.UP;
    const int MaxEntries = LNetLimits.INTERFACES_MAX_DEFAULT;
    const int HeaderSize = 16;
    const int EntrySize = 16;                           // struct lnet_ni_status
    const int LargeEntrySize = 24;                      // struct lnet_ni_large_status with a 16-byte address
    const int NidSize = 20;

    /// <summary>Writes what we tell of ourselves.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(
        Span<byte> to, PingFeatures features, uint pid, uint sequence, ReadOnlySpan<LNetInterface> interfaces)
    {
        int small = 1;
        Span<byte> at = WriteEntry(to[HeaderSize..], Nid.Loopback, sequence);
        foreach (LNetInterface ni in interfaces)
        {
            if (!ni.Nid.IsNid4 || small == MaxEntries)
                continue;
            at = WriteEntry(at, ni.Nid, StatusUp);
            small++;
        }
        int size = HeaderSize + small * EntrySize;
        features &= ~(PingFeatures.LARGE_ADDR | PingFeatures.PRIMARY_LARGE | PingFeatures.METADATA);
        foreach (LNetInterface ni in interfaces)
        {
            if (ni.Nid.IsNid4 || at.Length < LargeEntrySize)
                continue;
            BinaryPrimitives.WriteUInt32LittleEndian(at, StatusUp);
            MemoryMarshal.Write(at[4..], ni.Nid);
            at = at[LargeEntrySize..];
            size += LargeEntrySize;
            features |= PingFeatures.LARGE_ADDR;
        }
        if ((features & PingFeatures.LARGE_ADDR) != 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(to[(HeaderSize + 12)..], (uint)size);
            if (!interfaces[0].Nid.IsNid4)
                features |= PingFeatures.PRIMARY_LARGE;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], (uint)features);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], pid);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], (uint)small);
        return size;
    }

    /// <summary>Bytes that <see cref="Write"/> may need.</summary>
    public static int SizeFor(int interfaces) => HeaderSize + EntrySize + interfaces * LargeEntrySize;

    /// <summary>Reads what a peer tells; entries that were cut off are left out.</summary>
    /// <returns>EPROTO when it is no such body, ERANGE when its count is absurd.</returns>
    public static Result<LNetPingReply> Read(ReadOnlySpan<byte> body, TimeSpan roundTrip)
    {
        if (body.Length < HeaderSize + EntrySize)
            return Errno.EPROTO;
        bool bigEndian = BinaryPrimitives.ReadUInt32LittleEndian(body) != Magic;
        if (ReadUInt32(body, bigEndian) != Magic)
            return Errno.EPROTO;
        var features = (PingFeatures)ReadUInt32(body[4..], bigEndian);
        uint count = ReadUInt32(body[12..], bigEndian);
        if ((features & PingFeatures.NI_STATUS) == 0)
            return Errno.EPROTO;
        if (count is < 1 or > MaxEntries)
            return Errno.ERANGE;
        if (ReadNid(body[HeaderSize..], bigEndian) != Nid.Loopback)
            return Errno.EPROTO;

        List<LNetPingEntry> entries = [];
        for (int i = 1; i < count && HeaderSize + (i + 1) * EntrySize <= body.Length; i++)
        {
            ReadOnlySpan<byte> entry = body.Slice(HeaderSize + i * EntrySize, EntrySize);
            AddEntry(entries, ReadNid(entry, bigEndian), ReadUInt32(entry[8..], bigEndian));
        }
        if ((features & PingFeatures.LARGE_ADDR) != 0)
            ReadLargeEntries(body, (int)count, bigEndian, (features & PingFeatures.PRIMARY_LARGE) != 0, entries);
        uint sequence = ReadUInt32(body[(HeaderSize + 8)..], bigEndian);
        return new LNetPingReply(features, ReadUInt32(body[8..], bigEndian), sequence, entries, roundTrip);
    }

    static void ReadLargeEntries(
        ReadOnlySpan<byte> body, int count, bool bigEndian, bool primaryIsLarge, List<LNetPingEntry> entries)
    {
        uint told = ReadUInt32(body[(HeaderSize + 12)..], bigEndian) & ~3u;
        int end = (int)Math.Min(told, (uint)body.Length);
        int at = HeaderSize + count * EntrySize;
        bool first = primaryIsLarge;
        Span<byte> padded = stackalloc byte[NidSize];
        while (at + 8 <= end && entries.Count < 2 * MaxEntries)
        {
            // A NID's first byte says how many address bytes it has beyond four.
            int nidBytes = body[at + 4] + 8;
            int next = at + 4 + (nidBytes + 3 & ~3);
            if (nidBytes > NidSize || next > end)
                return;
            padded.Clear();
            body.Slice(at + 4, nidBytes).CopyTo(padded);
            var nid = MemoryMarshal.Read<Nid>(padded);
            int before = entries.Count;
            AddEntry(entries, nid, ReadUInt32(body[at..], bigEndian));
            if (first && entries.Count > before)
            {
                entries.Insert(0, entries[before]);
                entries.RemoveAt(before + 1);
                first = false;
            }
            at = next;
        }
    }

    static void AddEntry(List<LNetPingEntry> entries, Nid nid, uint status)
    {
        if (!nid.IsAny && !nid.IsLoopback)
            entries.Add(new LNetPingEntry(nid, status == StatusUp));
    }

    static Span<byte> WriteEntry(Span<byte> to, Nid nid, uint status)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, nid.ToNid4());
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], status);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], 0);
        return to[EntrySize..];
    }

    static uint ReadUInt32(ReadOnlySpan<byte> from, bool bigEndian) => bigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(from)
        : BinaryPrimitives.ReadUInt32LittleEndian(from);

    static Nid ReadNid(ReadOnlySpan<byte> from, bool bigEndian) => Nid.FromNid4(bigEndian
        ? BinaryPrimitives.ReadUInt64BigEndian(from)
        : BinaryPrimitives.ReadUInt64LittleEndian(from));
}
