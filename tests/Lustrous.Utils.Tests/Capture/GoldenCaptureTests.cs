using Lustrous.Idl.LNet;
using Lustrous.Utils.Decode.Capture;
using static Lustrous.Utils.Tests.Capture.SyntheticCapture;

namespace Lustrous.Utils.Tests.Capture;

/// <summary>The beginning of a connection between kernels, packet by packet.</summary>
public sealed class GoldenCaptureTests
{
    [Fact]
    public void Two_kernels_shake_hands_and_talk()
    {
        Collected collected = ReadAll(File.ReadAllBytes(Fixture("2.17-a-mount-first-connection.pcap")));

        Assert.Empty(collected.Problems);
        Assert.Equal(["AcceptorRequest", "Hello3", "Hello3"], collected.Items.Take(3));
        Assert.True(collected.Items.Count > 3);
        Assert.All(collected.Full.Skip(3), item => Assert.Equal(CapturedItemKind.LNetMessage, item.Kind));
        CapturedItem request = collected.Full[0], hello = collected.Full[1], answer = collected.Full[2];
        Assert.Equal(CaptureDirection.ToServer, hello.Direction);
        Assert.Equal(CaptureDirection.ToClient, answer.Direction);
        Assert.Equal(request.AcceptorNid, hello.Hello.DestinationNid);
        Assert.Equal(hello.Hello.SourceNid, answer.Hello.DestinationNid);
        Assert.Equal(request.AcceptorNid, answer.Hello.SourceNid);
        Assert.Equal(LNetPid.LUSTRE, hello.Hello.SourcePid);
        Assert.All(collected.Full.Skip(3), item =>
        {
            bool fromClient = item.Direction == CaptureDirection.ToServer;
            Assert.Equal(fromClient ? hello.Hello.SourceNid : answer.Hello.SourceNid, item.Header.SourceNid);
            Assert.Equal((int)item.Header.PayloadLength, item.Payload.Length);
        });
    }

    static string Fixture(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "tests", "fixtures", "capture", name);
    }
}
