using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Mds.Mdt;

/// <summary>An open file of one client (<c>struct mdt_file_data</c>).</summary>
/// <param name="Handle">By which the client closes it.</param>
/// <param name="Fid">The object.</param>
/// <param name="Flags">How it was opened.</param>
/// <param name="Xid">The request that opened it: its resend gets the same handle.</param>
/// <param name="Transno">Its transaction.</param>
/// <param name="OldHandle">The one it had in a former life of the target: replays go by it.</param>
sealed record MdtOpenFile(
    LustreHandle Handle, Fid Fid, MdsOpenFlags Flags, ulong Xid, ulong Transno, LustreHandle OldHandle = default);
