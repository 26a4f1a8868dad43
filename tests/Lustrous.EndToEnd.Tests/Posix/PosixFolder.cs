namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>An empty folder of one check, as its two halves see it.</summary>
/// <param name="Here">Path of the folder for the half that begins.</param>
/// <param name="There">For the other; the same unless there are two mounts.</param>
/// <param name="IsLustre">Else it is ext4.</param>
sealed record PosixFolder(string Here, string There, bool IsLustre);
