namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>All checks on the same servers and mounts, one at a time.</summary>
[CollectionDefinition("posix", DisableParallelization = true)]
public sealed class PosixCollection : ICollectionFixture<PosixPlaces>;
