using System.Text;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mgs;
using Lustrous.Ldlm.Server;

namespace Lustrous.Mgs;

// The locks that clients read under: mgs_revoke_lock of lustre/mgs/mgs_handler.c.
public sealed partial class MgsTarget
{
    /// <summary>What a client locks to read a log: the first bytes of the name, and the kind of log
    /// (mgc_name2resid).</summary>
    public static LdlmResId ResourceOf(string name, MgsConfigType type)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(name.Length, bytes.Length)), bytes);
        // All that is not of its own kind is under the lock of the configuration.
        MgsConfigType kind = type == MgsConfigType.Sptlrpc ? MgsConfigType.Config : type;
        return new LdlmResId(BitConverter.ToUInt64(bytes), (ulong)kind);
    }

    /// <summary>
    /// Takes the locks back under which clients have read: they ask again and read what is new. Nobody waits for it: a
    /// silent client would hold up the one who registers. A change while it runs makes it run once more.
    /// </summary>
    void Revoke(string name, MgsConfigType type)
    {
        LdlmResId resource = ResourceOf(name, type);
        using (_lock.Enter())
        {
            if (!_revoking.TryAdd(resource, false))
            {
                _revoking[resource] = true;
                return;
            }
        }
        ValueTask running = RevokeAsync(resource);
        if (!running.IsCompletedSuccessfully)
            _ = running.AsTask();
    }

    async ValueTask RevokeAsync(LdlmResId resource)
    {
        while (true)
        {
            TimeSpan begun = _node.Context.Uptime;
            Errno error = await Namespace.RevokeAsync(resource, LockType.Plain, 0, _stopping.Token);
            if (error != Errno.OK)
                Log(LogLevel.Warning, $"cannot take back the lock {resource}: {error}");
            using (_lock.Enter())
            {
                NoteNotified(resource, _node.Context.Uptime - begun);
                if (!_revoking[resource] || error != Errno.OK)
                {
                    _revoking.Remove(resource);
                    return;
                }
                _revoking[resource] = false;
            }
        }
    }
}
