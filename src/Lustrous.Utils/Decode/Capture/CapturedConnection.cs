namespace Lustrous.Utils.Decode.Capture;

/// <summary>One TCP connection of a capture. The client is the side that dialled or, where that is not recorded, the
/// one without a Lustre port.</summary>
public sealed class CapturedConnection
{
    internal CapturedConnection(int number, CaptureEndpoint client, CaptureEndpoint server) =>
        (Number, Client, Server) = (number, client, server);

    /// <summary>From 1, in the order of their first packets.</summary>
    public int Number { get; }

    public CaptureEndpoint Client { get; }

    public CaptureEndpoint Server { get; }

    /// <summary>Bytes of an LNet header's NID: 8 or 20 from the HELLOs, 0 while it is not known.</summary>
    public int NidBytes { get; internal set; }

    /// <summary><c>10.0.0.1:1023 → 10.0.0.2:988</c>.</summary>
    public string Describe(CaptureDirection direction) => direction == CaptureDirection.ToServer
        ? $"{Client} → {Server}"
        : $"{Server} → {Client}";
}

/// <summary>Which of a connection's two streams.</summary>
public enum CaptureDirection
{
    ToServer,
    ToClient,
}
