using System.Globalization;
using System.Text.RegularExpressions;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Tests.Capture;

/// <summary>Every recording of real Lustre, against the counts of a decoder that is independent of ours.</summary>
public sealed partial class RecordedCaptureTests
{
    // Packets 415 and 418: two keepalives to a server that is gone, over ports that new connections use later. The
    // other decoder keeps one connection for each pair of ports and so forgets these.
    const int KeepalivesBeforePortReuse = 2;

    static readonly string? Recordings = Find();

    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        string[] files = Recordings is null ? ["(none)"] : Directory.GetFiles(Recordings, "*.pcap.gz");
        foreach (string file in files.Order(StringComparer.Ordinal))
            names.Add(Name(file));
        return names;
    }

    [Theory, MemberData(nameof(Names))]
    public void A_recording_has_the_counts_that_its_log_has(string name)
    {
        Assert.SkipWhen(Recordings is null, "the recordings (../shared/recordings) are not beside this checkout");
        var counts = new CountingSink();
        CaptureStatistics statistics = Decode(Path.Combine(Recordings, name + ".pcap.gz"), counts);

        string[] log = File.ReadAllLines(Path.Combine(Recordings, "logs", name + ".opcodes"));
        // What that decoder could not place are NOOPs at the end of a stream, 24 bytes each.
        int leftOver = int.Parse(LeftOver().Match(log[^1]).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        int noops = Math.DivRem(leftOver, 24, out int rest);
        Assert.Equal(0, rest);
        counts.Subtract("KSOCK_NOOP", noops + (name == "2.17-i3-replay" ? KeepalivesBeforePortReuse : 0));
        Assert.Equal(log[0], "# LNet/socklnd: " + counts);
        Assert.Equal(statistics.StreamBytes, statistics.ItemBytes + statistics.UndecodedBytes);
        Assert.Equal(0, statistics.UndecodedBytes);
        Assert.Empty(counts.Problems);
    }

    static CaptureStatistics Decode(string path, ICaptureSink sink)
    {
        Result<CaptureReader> opened = CaptureReader.Open(path);
        Assert.Equal(Errno.OK, opened.Error);
        using CaptureReader reader = opened.Value;
        return new CaptureDecoder(sink).Run(reader);
    }

    [GeneratedRegex(@"unparsed bytes left (\d+); resyncs 0$")]
    private static partial Regex LeftOver();

    static string Name(string path) => Path.GetFileName(path).Replace(".pcap.gz", "", StringComparison.Ordinal);

    static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
                continue;
            string beside = Path.Combine(folder.FullName, "..", "shared", "recordings");
            return Directory.Exists(beside) ? beside : null;
        }
        return null;
    }

    /// <summary>Counts in the words of the recordings' logs.</summary>
    sealed class CountingSink : ICaptureSink
    {
        readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

        public List<CaptureProblem> Problems { get; } = [];

        public void Item(CapturedItem item)
        {
            switch (item.Kind)
            {
                case CapturedItemKind.AcceptorRequest:
                    Count($"ACCEPTOR_CONNREQ v{item.AcceptorVersion}");
                    break;
                case CapturedItemKind.Hello:
                    Count($"HELLO v{item.Hello.Version} ctype{(uint)item.Hello.ConnectionType}");
                    break;
                case CapturedItemKind.Noop:
                    Count("KSOCK_NOOP");
                    break;
                default:
                    Count($"LNET_{item.Header.Type.ToString().ToUpperInvariant()}");
                    if (item.Header.Type == LNetMessageType.Get)
                        Count($"GET ptl {item.Header.Portal}");
                    if (item.Header.Type == LNetMessageType.Put && !IsRpc(item.Payload.Span))
                        Count($"PUT ptl {item.Header.Portal} non-rpc");
                    break;
            }
        }

        public void Subtract(string what, int count)
        {
            if (count > 0 && (_counts[what] -= count) == 0)
                _counts.Remove(what);
        }

        public void Problem(CaptureProblem problem) => Problems.Add(problem);

        public override string ToString() =>
            string.Join(", ", _counts.Select(entry => $"{entry.Key}={entry.Value}"));

        void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

        static bool IsRpc(ReadOnlySpan<byte> payload) =>
            payload.Length >= 32 && BitConverter.ToUInt32(payload[8..]) == (uint)LustreMsgMagic.V2;
    }
}
