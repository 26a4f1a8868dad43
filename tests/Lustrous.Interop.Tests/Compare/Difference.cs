namespace Lustrous.Interop.Tests.Compare;

/// <summary>One value in which an answer of ours is not the recorded one.</summary>
/// <param name="Message">What was asked, and which part of the exchange it is: <c>MDS_CLOSE reply</c>.</param>
/// <param name="Field">Where: <c>mdt_body.valid</c>.</param>
/// <param name="Kernel">What the kernel said; of flags, one that only it set. A dash for nothing.</param>
/// <param name="Ours">The same of us.</param>
readonly record struct Difference(string Message, string Field, string Kernel, string Ours)
{
    public const string Nothing = "-";

    public override string ToString() => $"{Message}\t{Field}\t{Kernel}\t{Ours}";
}
