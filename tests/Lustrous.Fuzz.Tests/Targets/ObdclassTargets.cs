using Lustrous.Idl.Llog;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Llog;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>What a configuration server can send, and what a disk can hold.</summary>
static class ObdclassTargets
{
    [FuzzTarget("ConfigCommand.Parse", Seeds = SeedKind.Llog, AllocationPerByte = 64)]
    public static void Command(ReadOnlySpan<byte> input)
    {
        Result<ConfigCommand> command = ConfigCommand.Parse(input);
        if (command.Failed)
            return;
        _ = command.Value.ToArray();
        _ = ConfigLogText.Format(1, command.Value);
    }

    // A log is read whole into memory of its own, with a chunk beside it.
    [FuzzTarget("LlogHandle.Open", Seeds = SeedKind.Llog, AllocationPerByte = 64)]
    public static void Log(ReadOnlySpan<byte> input)
    {
        Result<LlogHandle> log = LlogHandle.Open(new MemoryLlogStorage(input));
        if (log.Failed)
            return;
        log.Value.Process(static (in LlogRecord record) => Errno.OK);
        log.Value.Cancel(log.Value.LastIndex);
        _ = log.Value.Append(LlogRecordType.OBD_CFG_REC, [1, 2, 3]);
    }

    [FuzzTarget(Seeds = SeedKind.Llog)]
    public static void Chunk(ReadOnlySpan<byte> input)
    {
        var reader = new LlogChunkReader(input);
        while (reader.MoveNext())
            _ = reader.Current.Body.Length;
        Lassert.That(reader.BytesLeft <= input.Length);
    }
}
