using System.CommandLine;
using Lustrous.Libcfs;
using Lustrous.Utils.Decode;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Commands;

/// <summary><c>lustrous decode</c>: what the messages of a capture say.</summary>
static class DecodeCommand
{
    const int Undecodable = 1;
    const int Unusable = 2;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A capture: pcap or pcapng, plain or gzip" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Show every field of every buffer" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line, with every field" };
        var summary = new Option<bool>("--summary")
        {
            Description = "Only counts: a line 'OPCODE requests replies errors' for each opcode,"
                + " then 'messages N undecoded BYTES'",
        };
        var ports = new Option<int[]>("--port") { Description = "A TCP port to follow besides 988; may be repeated" };
        var command = new Command("decode", """
            Shows every LNet and Lustre message of a capture.

            One line a message: time, sender → receiver, LNet's kind, opcode, xid, status, latency of a reply, bytes,
            key facts.
            Capture with: tcpdump -i any -s 0 -w mount.pcap tcp port 988
            Exit code: 0; 1 when something in the capture could not be decoded; 2 when it could not be read.
            """)
        {
            file, verbose, json, summary, ports,
        };
        command.SetAction(result => Run(
            result.GetValue(file)!,
            result.GetValue(ports) ?? [],
            Output(result.GetValue(json), result.GetValue(summary), result.GetValue(verbose))));
        return command;
    }

    static IDecodeOutput Output(bool json, bool summary, bool verbose) =>
        summary ? new SummaryOutput(Console.Out, Console.Error)
        : json ? new JsonOutput(Console.Out, Console.Error)
        : new TextOutput(Console.Out, Console.Error, verbose);

    static int Run(string path, int[] ports, IDecodeOutput output)
    {
        foreach (int port in ports)
        {
            if (port is > 0 and < 65536)
                continue;
            Console.Error.WriteLine($"lustrous decode: --port {port}: a TCP port is a number from 1 to 65535");
            return Unusable;
        }
        Result<CaptureReader> opened = CaptureReader.Open(path);
        if (opened.Failed)
        {
            Console.Error.WriteLine($"lustrous decode: {path}: " + opened.Error switch
            {
                Errno.ENOENT => "there is no such file",
                Errno.EACCES => "it may not be read by you, or is a folder",
                Errno.EPROTO => "this is no capture; pcap and pcapng files are read, plain or gzip (tcpdump -w FILE)",
                _ => opened.Error.ToString(),
            });
            return Unusable;
        }
        using CaptureReader reader = opened.Value;
        var session = new DecodeSession(output, ports);
        session.Run(reader);
        return session.Damaged || session.UndecodedBytes > 0 ? Undecodable : 0;
    }
}
