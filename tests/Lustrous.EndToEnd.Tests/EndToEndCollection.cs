namespace Lustrous.EndToEnd.Tests;

/// <summary>One test at a time: each starts half a dozen processes.</summary>
[CollectionDefinition("end to end", DisableParallelization = true)]
public sealed class EndToEndCollection;
