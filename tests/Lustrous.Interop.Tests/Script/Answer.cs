using Lustrous.Interop.Tests.Recordings;

namespace Lustrous.Interop.Tests.Script;

/// <summary>A recorded reply, and the bulk that came before it.</summary>
sealed record Answer(RecordedMessage Reply, RecordedMessage[] Bulk);
