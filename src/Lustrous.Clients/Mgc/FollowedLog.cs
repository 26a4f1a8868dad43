using Lustrous.Idl.Llog;
using Lustrous.Idl.Mgs;
using Lustrous.Ldlm.Client;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Llog;

namespace Lustrous.Clients.Mgc;

/// <summary>One log that is followed (<c>struct config_llog_data</c>): what was read of it, and the lock under which no
/// more is to be read. One reads it at a time.</summary>
sealed class FollowedLog(string name, MgsConfigType type, IConfigLogOwner? owner, IRecoverOwner? recoverOwner)
{
    public string Name { get; } = name;

    public MgsConfigType Type { get; } = type;

    public IConfigLogOwner? Owner { get; } = owner;

    public IRecoverOwner? RecoverOwner { get; } = recoverOwner;

    /// <summary>Is followed although it is not there yet.</summary>
    public bool MayBeMissing { get; init; }

    /// <summary>Where it is kept for a start without the MGS; null for a mount.</summary>
    public IConfigCopies? Copies { get; init; }

    /// <summary>Where in an item the last record stood.</summary>
    public ConfigLog Markers { get; } = new();

    /// <summary>The log as far as it was fetched.</summary>
    public MemoryLlogStorage Copy { get; set; } = new();

    /// <summary>When the log was made: another time means that it was written anew.</summary>
    public long? MadeAt { get; set; }

    public LlogLogid Id { get; set; }

    /// <summary>First record that was not shown yet; of the recover table, the first version.</summary>
    public ulong Next { get; set; } = 1;

    /// <summary>Held while nothing is new; guarded by the Mgc's lock.</summary>
    public ClientLock? Lock { get; set; }

    /// <summary>Somebody reads it, or is about to; guarded by the Mgc's lock.</summary>
    public bool IsReading { get; set; }

    /// <summary>It changed while it was read; guarded by the Mgc's lock.</summary>
    public bool IsStale { get; set; }

    public bool IsStopped { get; set; }

    /// <summary>Whether it is read for this one: a process may have a mount and servers that read the same.</summary>
    public bool IsOf(object? owner) => ReferenceEquals(owner, Owner ?? (object?)RecoverOwner);
}
