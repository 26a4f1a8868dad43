namespace Lustrous.Interop.Tests.Replay;

/// <summary>What befell a recorded server.</summary>
enum ServerFate
{
    /// <summary>All so far is on the disk of the MDS, and the disk is copied: after the next kill the copy is there.
    /// </summary>
    CopyMdsDisk,

    /// <summary>The machine of MGS and MDT0000 is killed.</summary>
    KillMds,

    /// <summary>The same once more, with all that was answered on its disk.</summary>
    SyncAndKillMds,

    /// <summary>It is up again.</summary>
    StartMds,

    /// <summary>OST0000 is unmounted and mounted again.</summary>
    RemountOst0,

    /// <summary>MDT0000 and the OSTs throw the first client out.</summary>
    EvictFirstClient,
}
