using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Lustrous.Utils.Decode;

namespace Lustrous.Fuzz.Tests;

/// <summary>
/// Good bytes to start from: small captures kept here, and all of ../shared when it lies beside the checkout.
/// </summary>
sealed class Corpus
{
    const int PrefixBytes = 24, HeaderBytes = 72;

    /// <summary>Seeds of one kind that are kept; more of the same teach a mutator nothing.</summary>
    const int MaxSeeds = 4000;

    const int MaxSeedBytes = 16 << 10;

    static readonly string[] Texts =
    [
        "10.0.0.1@tcp", "0@lo", "192.168.1.2@tcp1", "2001:db8::1@tcp", "<?>", "10.0.0.[1-9/2]@o2ib", "*.*.*.*@tcp",
        "12345-10.0.0.1@tcp", "[0x200000007:0x1:0x0]", "0x200000400:0x1:0x0", "[0x0:0x0:0x0]", "lustre-OST0001_UUID",
        "obdfilter.*.stats", "%e.%u.%j", "lustre-client",
    ];

    readonly Dictionary<SeedKind, List<byte[]>> _seeds = [];

    Corpus()
    {
        foreach (string text in Texts)
            Add(SeedKind.Text, Encoding.ASCII.GetBytes(text));
        Add(SeedKind.Capture, [.. Convert.FromHexString("d4c3b2a1020004000000000000000000ffff000001000000")]);
        foreach (string file in Files())
            AddFile(file);
        foreach (SeedKind kind in Enum.GetValues<SeedKind>())
        {
            // So that a kind without any file still has something to cut and splice.
            if (kind != SeedKind.Any && !_seeds.ContainsKey(kind))
                Add(kind, new byte[256]);
        }
    }

    public static Corpus Instance { get; } = new();

    /// <summary>All seeds of the kinds.</summary>
    public IReadOnlyList<byte[]> Of(SeedKind kinds) =>
        [.. _seeds.Where(pair => (kinds & pair.Key) != 0).SelectMany(pair => pair.Value)];

    void Add(SeedKind kind, byte[] seed)
    {
        if (!_seeds.TryGetValue(kind, out List<byte[]>? list))
            _seeds.Add(kind, list = []);
        if (list.Count < MaxSeeds && seed.Length is > 0 and <= MaxSeedBytes)
            list.Add(seed);
    }

    void AddFile(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        if (file.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var unzipped = new MemoryStream();
            using (var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress))
                gzip.CopyTo(unzipped);
            Add(SeedKind.Capture, bytes[..Math.Min(bytes.Length, MaxSeedBytes)]);
            bytes = unzipped.ToArray();
        }
        if (file.Contains(".pcap", StringComparison.Ordinal))
        {
            Add(SeedKind.Capture, bytes[..Math.Min(bytes.Length, MaxSeedBytes)]);
            AddPackets(bytes);
        }
        else
        {
            AddLlog(bytes);
        }
    }

    /// <summary>The TCP payloads of an Ethernet capture; deliberately knows less than the reader under test.</summary>
    void AddPackets(ReadOnlySpan<byte> capture)
    {
        const int IpStart = 14;
        capture = capture[24..];
        while (capture.Length > 16)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(capture[8..]);
            ReadOnlySpan<byte> frame = capture.Slice(16, length);
            capture = capture[(16 + length)..];
            if (length < IpStart + 40 || frame[12] != 8 || frame[IpStart + 9] != 6)
                continue;
            int tcp = IpStart + (frame[IpStart] & 15) * 4;
            int end = IpStart + BinaryPrimitives.ReadUInt16BigEndian(frame[(IpStart + 2)..]);
            int data = tcp + (frame[tcp + 12] >> 4) * 4;
            if (data < end && end <= length)
                AddSegment(frame[data..end]);
        }
    }

    void AddSegment(ReadOnlySpan<byte> stream)
    {
        if (stream.Length is 16 or 56 or 72)
            Add(SeedKind.Handshake, stream.ToArray());
        while (stream.Length >= PrefixBytes + HeaderBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(stream) == 0xc1)
        {
            uint payload = BinaryPrimitives.ReadUInt32LittleEndian(stream[(PrefixBytes + 28)..]);
            int length = (int)Math.Min(PrefixBytes + HeaderBytes + (long)payload, stream.Length);
            Add(SeedKind.Frame, stream[..length].ToArray());
            AddPayload(stream[(PrefixBytes + HeaderBytes)..length]);
            stream = stream[length..];
        }
    }

    void AddPayload(ReadOnlySpan<byte> payload)
    {
        const int PageSize = 4096;
        const uint UpdateRequestMagic = 0xBDDE0003;
        Add(SeedKind.Payload, payload.ToArray());
        if (payload.Length > 0 && payload.Length % PageSize == 0)
            Add(SeedKind.Pages, payload[..PageSize].ToArray());
        // Layouts stand somewhere in buffers, which begin at multiples of eight.
        for (int at = 0; at + 8 <= payload.Length; at += 8)
        {
            uint magic = BinaryPrimitives.ReadUInt32LittleEndian(payload[at..]);
            byte[] rest = payload.Slice(at, Math.Min(payload.Length - at, PageSize)).ToArray();
            if (magic == UpdateRequestMagic)
                Add(SeedKind.Pages, rest);
            else if (LayoutDecoder.IsLayout(magic))
                Add(SeedKind.Layout, rest);
        }
    }

    /// <summary>The log, and each record by itself: lrh_len stands first in a record.</summary>
    void AddLlog(ReadOnlySpan<byte> log)
    {
        Add(SeedKind.Llog, log[..Math.Min(log.Length, MaxSeedBytes)].ToArray());
        while (log.Length >= 16)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(log);
            if (length < 24 || length > log.Length)
                return;
            Add(SeedKind.Llog, log[..length].ToArray());
            Add(SeedKind.Llog, log[16..(length - 8)].ToArray());
            log = log[length..];
        }
    }

    static IEnumerable<string> Files()
    {
        string fixtures = Path.Combine(Repository(), "tests", "fixtures");
        IEnumerable<string> files = Directory.EnumerateFiles(fixtures, "*", SearchOption.AllDirectories);
        string shared = Path.Combine(Repository(), "..", "shared", "recordings");
        if (Directory.Exists(shared))
            files = files.Concat(Directory.EnumerateFiles(shared, "*", SearchOption.AllDirectories));
        // The largest recording is bulk data: nothing that decoders look at.
        return files.Where(file => new FileInfo(file).Length < 8 << 20)
            .Where(file => file.EndsWith(".pcap.gz", StringComparison.Ordinal)
                || file.EndsWith(".pcap", StringComparison.Ordinal)
                || file.EndsWith(".llog", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Lustrous.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
