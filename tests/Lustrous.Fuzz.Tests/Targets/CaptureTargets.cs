using Lustrous.Libcfs;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>Capture files, and what stands in them.</summary>
static class CaptureTargets
{
    // The reader's window is as large as the largest record it believes.
    [FuzzTarget(
        "CaptureReader.Open", "FrameParser.TryParse", Seeds = SeedKind.Capture, AllocationPerByte = 4096,
        FixedAllocation = 8 << 20)]
    public static void Capture(ReadOnlySpan<byte> input)
    {
        Result<CaptureReader> opened = CaptureReader.Open(new MemoryStream(input.ToArray()));
        if (opened.Failed)
            return;
        using CaptureReader reader = opened.Value;
        _ = new CaptureDecoder(new Counter()).Run(reader);
    }

    [FuzzTarget("SocklndFraming.OpeningLength", Seeds = SeedKind.Handshake | SeedKind.Frame)]
    public static void StreamOpening(ReadOnlySpan<byte> input) => _ = SocklndFraming.OpeningLength(input);

    sealed class Counter : ICaptureSink
    {
        int _calls;

        public void Item(CapturedItem item) => Count(item.ToString()!);

        public void Problem(CaptureProblem problem) => Count(problem.ToString()!);

        // More news than any input has bytes would be a decoder that stands still.
        void Count(string text) => Lassert.That(++_calls <= 1 << 20 && text.Length > 0);
    }
}
