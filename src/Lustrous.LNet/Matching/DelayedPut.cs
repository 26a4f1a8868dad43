using Lustrous.Idl.LNet;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet.Matching;

/// <summary>A PUT to a lazy portal that found no descriptor, with its payload, until one is posted.</summary>
sealed record DelayedPut(
    LNetHeader Header, Nid From, LNetInterface Interface, LNetPeerInterface? Peer, LNetProcessId Initiator,
    PooledBuffer? Buffer);
