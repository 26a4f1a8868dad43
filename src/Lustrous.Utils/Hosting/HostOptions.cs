using System.Net;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc;

namespace Lustrous.Utils.Hosting;

/// <summary>What a process is on the network.</summary>
sealed record HostOptions
{
    /// <summary>Its NID; 0@lo for one that speaks with nobody but itself.</summary>
    public required Nid Nid { get; init; }

    /// <summary>TCP port of this network's servers; ours, too, when we listen.</summary>
    public int Port { get; init; } = 988;

    /// <summary>Takes connections: a server does.</summary>
    public bool Listens { get; init; }

    /// <summary>Where a NID is to be found when that is not the address in it.</summary>
    public Func<Nid, IPAddress>? AddressOf { get; init; }

    public PtlrpcOptions Timeouts { get; init; } = PtlrpcOptions.Default;

    public LogLevel LogLevel { get; init; } = LogLevel.Warning;
}
