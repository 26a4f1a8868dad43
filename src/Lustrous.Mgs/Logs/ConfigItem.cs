using Lustrous.Obdclass.Config;

namespace Lustrous.Mgs.Logs;

/// <summary>What stands between two markers of a configuration log: added, skipped and shown as one.</summary>
/// <param name="Target">Whom it is about (<c>cm_tgtname</c>): a target, a device, or a log.</param>
/// <param name="Comment">What it does (<c>cm_comment</c>): <c>add osc</c>; for a parameter its name.</param>
/// <param name="Commands">In order.</param>
sealed record ConfigItem(string Target, string Comment, IReadOnlyList<ConfigCommand> Commands);
