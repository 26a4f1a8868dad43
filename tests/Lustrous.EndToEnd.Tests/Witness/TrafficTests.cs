using System.Globalization;
using Lustrous.Echo.Tests.Witness;
using Lustrous.Libcfs;
using Lustrous.Utils.Decode.Capture;
using Lustrous.Utils.Tests.Decode;

namespace Lustrous.EndToEnd.Tests.Witness;

/// <summary>What our processes say to each other, read by <c>lustrous decode</c> and by tshark.</summary>
[Collection("end to end")]
public sealed class TrafficTests(CapturedTraffic traffic) : IClassFixture<CapturedTraffic>
{
    static readonly string[] s_expected =
    [
        "MGS_CONNECT", "MGS_TARGET_REG", "MGS_CONFIG_READ", "LLOG_ORIGIN_HANDLE_CREATE",
        "LLOG_ORIGIN_HANDLE_NEXT_BLOCK", "MGS_DISCONNECT", "MDS_CONNECT", "MDS_GET_ROOT", "MDS_STATFS", "MDS_READPAGE",
        "MDS_GETATTR", "MDS_CLOSE", "MDS_SYNC", "MDS_DISCONNECT", "MDS_REINT:CREATE", "MDS_REINT:LINK",
        "MDS_REINT:RENAME", "MDS_REINT:SETATTR", "MDS_REINT:SETXATTR", "MDS_REINT:UNLINK", "SEQ_QUERY", "OST_CONNECT",
        "OST_CREATE", "OST_DESTROY", "OST_READ", "OST_WRITE", "OST_PUNCH", "OST_SETATTR", "OST_STATFS", "OST_SYNC",
        "OST_FALLOCATE", "OST_DISCONNECT", "LDLM_ENQUEUE:EXTENT", "LDLM_ENQUEUE:PLAIN", "LDLM_CANCEL",
        "LDLM_ENQUEUE:IBITS:it=GETATTR", "LDLM_ENQUEUE:IBITS:it=OPEN", "LDLM_ENQUEUE:IBITS:it=OPEN|CREAT",
        "LDLM_BL_CALLBACK:IBITS", "LDLM_BL_CALLBACK:EXTENT", "LDLM_CP_CALLBACK:EXTENT",
    ];

    [Fact]
    public async Task All_of_it_is_decoded()
    {
        Assert.SkipWhen(traffic.Missing is not null, traffic.Missing ?? "");
        // Fails on an exit code other than 0, which a problem of the capture would give, too.
        List<string> lines = await LustrousDecode.SummaryAsync(traffic.Pcap, "--port", $"{traffic.Port}");
        Assert.EndsWith("undecoded 0", lines[^1], StringComparison.Ordinal);
        // "MDS_CLOSE 552 552 0"; one without a name is "opcode 77 1 1 0".
        Dictionary<string, string[]> counts =
            lines.SkipLast(1).Select(line => line.Split(' ')).ToDictionary(words => string.Join(' ', words[..^3]));
        Assert.DoesNotContain(counts.Keys, name => name.Contains(' ', StringComparison.Ordinal));
        Assert.Empty(s_expected.Except(counts.Keys));
        Assert.True(counts.Values.Sum(words => long.Parse(words[^3], CultureInfo.InvariantCulture)) > 3000);
    }

    [Fact]
    public void Encoded_again_it_is_the_same()
    {
        Assert.SkipWhen(traffic.Missing is not null, traffic.Missing ?? "");
        Result<CaptureReader> opened = CaptureReader.Open(traffic.Pcap);
        Assert.Equal(Errno.OK, opened.Error);
        using CaptureReader reader = opened.Value;
        var sink = new ReencodingSink();
        CaptureStatistics statistics = new CaptureDecoder(sink, traffic.Port).Run(reader);
        Assert.Empty(sink.Failures);
        Assert.Equal(0, statistics.UndecodedBytes);
        Assert.True(sink.LustreMessages > 6000, $"only {sink.LustreMessages} messages");
    }

    [Fact]
    public async Task Tshark_calls_nothing_malformed_that_it_does_not_also_call_malformed_in_kernel_traffic()
    {
        Assert.SkipWhen(traffic.Missing is not null, traffic.Missing ?? "");
        Assert.SkipUnless(Tshark.IsInstalled, Tshark.Missing);
        (HashSet<MalformedKind> all, HashSet<MalformedKind> malformed) =
            await Tshark.ReadKindsAsync(traffic.Pcap, traffic.Port);
        Assert.Empty(malformed.Except(MalformedKind.Known.Keys));
        // It has looked: nearly all kinds of ours are fine with it, and it stumbles where it does with the kernel's.
        Assert.True(all.Count > 70, $"only {all.Count} kinds");
        Assert.True(malformed.Count * 3 < all.Count);
        Assert.Contains(new MalformedKind("PUT", "8", "-", "-"), malformed);
        Assert.DoesNotContain(all, kind => kind is { Opcode: "-", Portal: "10" });
    }
}
