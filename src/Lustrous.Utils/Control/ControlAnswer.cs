namespace Lustrous.Utils.Control;

/// <summary>What a command in a running process said, and its exit code.</summary>
/// <param name="Output">For the standard output.</param>
/// <param name="Error">For the error output.</param>
/// <param name="ExitCode">0 when it worked; <see cref="NotMine"/> when it is not this process's business.</param>
sealed record ControlAnswer(string Output, string Error, int ExitCode)
{
    /// <summary>Another process has the mount, the MGS or the parameter that was asked for.</summary>
    public const int NotMine = 250;
}
