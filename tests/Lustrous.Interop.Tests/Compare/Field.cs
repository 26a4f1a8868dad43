namespace Lustrous.Interop.Tests.Compare;

/// <summary>One value in a message: <c>mdt_body.valid</c>.</summary>
readonly record struct Field(string Path, string Value);
