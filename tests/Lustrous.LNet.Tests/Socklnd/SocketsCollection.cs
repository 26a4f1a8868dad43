namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>Tests that use the machine's addresses and ports: one after the other.</summary>
[CollectionDefinition("sockets", DisableParallelization = true)]
public sealed class SocketsCollection;
